package dev.wiremesh.operator.network;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.digest.Digests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
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
   */
  record Others(
      Map<String, DeviceAllocation> older,
      Map<String, DeviceAllocation> younger,
      Map<String, DeviceAllocation> released) {
    static final Others NONE = new Others(Map.of(), Map.of(), Map.of());

    private Stream<Map.Entry<String, DeviceAllocation>> existing() {
      return Stream.concat(older.entrySet().stream(), younger.entrySet().stream());
    }
  }

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
        number(
            "UDP port", "listenPort", spec.listenPort, DeviceAllocation::listenPort, FIRST_PORT, 1);
    int table =
        number(
            "Routing table",
            "routing.table",
            routing == null ? null : routing.table,
            DeviceAllocation::routingTable,
            FIRST_TABLE,
            1);
    int priority =
        number(
            "Rule priority",
            "routing.rulePriority",
            routing == null ? null : routing.rulePriority,
            DeviceAllocation::rulePriority,
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
      Function<DeviceAllocation, Integer> part,
      int first,
      int step) {
    if (wish != null && !isInForce(part, wish)) {
      return wish;
    }
    if (wish != null) {
      conflict(noun + " " + wish, field, part, wish);
    }
    if (before != null && !isLost(part, before)) {
      return part.apply(before);
    }
    int candidate = first;
    while (isTaken(part, candidate)) {
      candidate += step;
    }
    return candidate;
  }

  private String interfaceName(String network) {
    Function<DeviceAllocation, String> part = DeviceAllocation::interfaceName;
    var wish = spec.interfaceName;
    if (wish != null && !isInForce(part, wish)) {
      return wish;
    }
    if (wish != null) {
      conflict("The interface name " + wish, "interfaceName", part, wish);
    }
    if (before != null && !isLost(part, before)) {
      return before.interfaceName();
    }
    var candidate = "wg-" + network;
    for (int attempt = 0;
        candidate.length() > LONGEST_INTERFACE || isTaken(part, candidate);
        attempt++) {
      var text = attempt == 0 ? network : network + "/" + attempt;
      candidate = "wg-" + Digests.sha256Hex(text).substring(0, LONGEST_INTERFACE - 3);
    }
    return candidate;
  }

  /** True if an older network has a part of the allocation. */
  private boolean isLost(DeviceAllocation allocation) {
    return isLost(DeviceAllocation::listenPort, allocation)
        || isLost(DeviceAllocation::interfaceName, allocation)
        || isLost(DeviceAllocation::routingTable, allocation)
        || isLost(DeviceAllocation::rulePriority, allocation);
  }

  private <T> boolean isLost(Function<DeviceAllocation, T> part, DeviceAllocation allocation) {
    return others.older.values().stream()
        .anyMatch(other -> part.apply(other).equals(part.apply(allocation)));
  }

  private <T> boolean isInForce(Function<DeviceAllocation, T> part, T value) {
    return others.existing().anyMatch(other -> part.apply(other.getValue()).equals(value));
  }

  private <T> boolean isTaken(Function<DeviceAllocation, T> part, T value) {
    return isInForce(part, value)
        || others.released.values().stream().anyMatch(other -> part.apply(other).equals(value));
  }

  private <T> void conflict(
      String subject, String field, Function<DeviceAllocation, T> part, T wish) {
    others
        .existing()
        .filter(other -> part.apply(other.getValue()).equals(wish))
        .map(Map.Entry::getKey)
        .sorted()
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
