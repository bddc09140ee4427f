package dev.wiremesh.operator.network;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.digest.Digests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Allocates a network's port, interface name, routing table and rule priority: the value in its
 * spec, else the one that it had, else the first that no other network has.
 *
 * <p>Two networks never get the same. A value that the network had is lost when an older network
 * has it by now: the network was deleted, and the value was given away before it came back. The
 * values of deleted networks are not given away by choice, so that such a network comes back to
 * them; a spec may still claim one.
 */
final class DeviceAllocator {
  /** 51820 is taken by Calico, k3s and Kilo. */
  static final int FIRST_PORT = 51900;

  static final int FIRST_TABLE = 51900;

  /** Behind the rules of CNI plugins, before that of the main table (32766). */
  static final int FIRST_PRIORITY = 20000;

  /** Leaves room for further rules of the same network. */
  static final int PRIORITY_STEP = 10;

  private static final int LONGEST_INTERFACE = 15;

  private final WireGuardNetworkSpec spec;
  private final @Nullable DeviceAllocation before;
  private final Others others;
  private final List<String> conflicts = new ArrayList<>();

  /**
   * An allocation, and the conflicts of the spec with other networks.
   *
   * @param allocation null if there is a conflict and no earlier allocation to keep
   * @param conflicts whole sentences
   */
  record Result(@Nullable DeviceAllocation allocation, List<String> conflicts) {}

  /**
   * The allocations of the other networks, by name.
   *
   * @param older of networks that exist, and are older than this one
   * @param younger of networks that exist, and are younger than this one
   * @param released of deleted networks whose gateway Secret is kept
   * @param claims the claims of other networks to a value
   */
  record Others(
      Map<String, DeviceAllocation> older,
      Map<String, DeviceAllocation> younger,
      Map<String, DeviceAllocation> released,
      Claims claims) {
    static final Others NONE =
        new Others(Map.of(), Map.of(), Map.of(), (parameter, value) -> Optional.empty());

    private Stream<Map.Entry<String, DeviceAllocation>> existing() {
      return Stream.concat(older.entrySet().stream(), younger.entrySet().stream());
    }
  }

  /** The claims of other networks. */
  @FunctionalInterface
  interface Claims {
    Optional<ClaimHolder> holder(DeviceParameter parameter, String value);
  }

  /** A network that has claimed a value, and whether it exists. */
  record ClaimHolder(String network, boolean exists) {}

  private DeviceAllocator(
      WireGuardNetworkSpec spec, @Nullable DeviceAllocation before, Others others) {
    this.spec = spec;
    this.before = before;
    this.others = others;
  }

  /**
   * Allocates.
   *
   * @param before the network's allocation so far; null if it has none
   * @param others the allocations of the other networks
   */
  static Result allocate(
      String network, WireGuardNetworkSpec spec, @Nullable DeviceAllocation before, Others others) {
    return new DeviceAllocator(spec, before, others).allocate(network);
  }

  private Result allocate(String network) {
    var routing = spec.routing;
    int port =
        number("UDP port", "listenPort", spec.listenPort, DeviceParameter.PORT, FIRST_PORT, 1);
    int table =
        number(
            "Routing table",
            "routing.table",
            routing == null ? null : routing.table,
            DeviceParameter.TABLE,
            FIRST_TABLE,
            1);
    int priority =
        number(
            "Rule priority",
            "routing.rulePriority",
            routing == null ? null : routing.rulePriority,
            DeviceParameter.RULE,
            FIRST_PRIORITY,
            PRIORITY_STEP);
    var name = interfaceName(network);
    if (!conflicts.isEmpty() && (before == null || isLost(before))) {
      return new Result(null, conflicts);
    }
    return new Result(new DeviceAllocation(port, name, table, priority), conflicts);
  }

  private int number(
      String noun,
      String field,
      @Nullable Integer wish,
      DeviceParameter parameter,
      int first,
      int step) {
    if (wish != null && !isInForce(parameter, wish.toString())) {
      return wish;
    }
    if (wish != null) {
      conflict(noun + " " + wish, field, parameter, wish.toString());
    }
    if (before != null && !isLost(parameter, before)) {
      return Integer.parseInt(parameter.of(before));
    }
    int candidate = first;
    while (isTaken(parameter, Integer.toString(candidate))) {
      candidate += step;
    }
    return candidate;
  }

  private String interfaceName(String network) {
    var parameter = DeviceParameter.INTERFACE;
    var wish = spec.interfaceName;
    if (wish != null && !isInForce(parameter, wish)) {
      return wish;
    }
    if (wish != null) {
      conflict("The interface name " + wish, "interfaceName", parameter, wish);
    }
    if (before != null && !isLost(parameter, before)) {
      return before.interfaceName();
    }
    var candidate = "wg-" + network;
    for (int attempt = 0;
        candidate.length() > LONGEST_INTERFACE || isTaken(parameter, candidate);
        attempt++) {
      var text = attempt == 0 ? network : network + "/" + attempt;
      candidate = "wg-" + Digests.sha256Hex(text).substring(0, LONGEST_INTERFACE - 3);
    }
    return candidate;
  }

  /** True if another network has a parameter of the allocation: an older one, or by a claim. */
  private boolean isLost(DeviceAllocation allocation) {
    return Stream.of(DeviceParameter.values()).anyMatch(parameter -> isLost(parameter, allocation));
  }

  private boolean isLost(DeviceParameter parameter, DeviceAllocation allocation) {
    var value = parameter.of(allocation);
    return others.older.values().stream().anyMatch(other -> parameter.of(other).equals(value))
        || isClaimedByExisting(parameter, value);
  }

  private boolean isClaimedByExisting(DeviceParameter parameter, String value) {
    return others.claims.holder(parameter, value).filter(ClaimHolder::exists).isPresent();
  }

  private boolean isInForce(DeviceParameter parameter, String value) {
    return others.existing().anyMatch(other -> parameter.of(other.getValue()).equals(value))
        || isClaimedByExisting(parameter, value);
  }

  private boolean isTaken(DeviceParameter parameter, String value) {
    return isInForce(parameter, value)
        || others.claims.holder(parameter, value).isPresent()
        || others.released.values().stream().anyMatch(other -> parameter.of(other).equals(value));
  }

  private void conflict(String subject, String field, DeviceParameter parameter, String wish) {
    Stream.concat(
            others
                .existing()
                .filter(other -> parameter.of(other.getValue()).equals(wish))
                .map(Map.Entry::getKey)
                .sorted(),
            others.claims.holder(parameter, wish).map(ClaimHolder::network).stream())
        .findFirst()
        .ifPresent(holder ->
            conflicts.add(
                subject
                    + " belongs to network "
                    + holder
                    + ": write another spec."
                    + field
                    + ", or leave it out."));
  }
}
