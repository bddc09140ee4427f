package dev.wiremesh.operator.network;

import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.digest.Digests;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Allocates a network's port, interface name, routing table and rule priority: the value in its
 * spec, else the one that it has, else the first that no other network has. Two networks never get
 * the same.
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
  private final Map<String, DeviceAllocation> others;
  private final List<String> conflicts = new ArrayList<>();

  /**
   * An allocation, and the conflicts of the spec with other networks.
   *
   * @param allocation null if there is a conflict and no earlier allocation to keep
   * @param conflicts whole sentences
   */
  record Result(@Nullable DeviceAllocation allocation, List<String> conflicts) {}

  private DeviceAllocator(
      WireGuardNetworkSpec spec,
      @Nullable DeviceAllocation before,
      Map<String, DeviceAllocation> others) {
    this.spec = spec;
    this.before = before;
    this.others = others;
  }

  /**
   * Allocates.
   *
   * @param before the network's allocation so far; null if it has none
   * @param others the allocations of the other networks, by name
   */
  static Result allocate(
      String network,
      WireGuardNetworkSpec spec,
      @Nullable DeviceAllocation before,
      Map<String, DeviceAllocation> others) {
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
    if (!conflicts.isEmpty() && before == null) {
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
    IntPredicate taken =
        candidate -> others.values().stream().anyMatch(other -> part.apply(other) == candidate);
    if (wish != null && !taken.test(wish)) {
      return wish;
    }
    if (wish != null) {
      conflict(noun + " " + wish, field, part, wish);
    }
    if (before != null) {
      return part.apply(before);
    }
    int candidate = first;
    while (taken.test(candidate)) {
      candidate += step;
    }
    return candidate;
  }

  private String interfaceName(String network) {
    var wish = spec.interfaceName;
    if (wish != null && !isTaken(wish)) {
      return wish;
    }
    if (wish != null) {
      conflict(
          "The interface name " + wish, "interfaceName", DeviceAllocation::interfaceName, wish);
    }
    if (before != null) {
      return before.interfaceName();
    }
    var plain = "wg-" + network;
    if (plain.length() <= LONGEST_INTERFACE && !isTaken(plain)) {
      return plain;
    }
    return "wg-" + Digests.sha256Hex(network).substring(0, LONGEST_INTERFACE - 3);
  }

  private boolean isTaken(String name) {
    return others.values().stream().anyMatch(other -> other.interfaceName().equals(name));
  }

  private <T> void conflict(
      String subject, String field, Function<DeviceAllocation, T> part, T wish) {
    others.entrySet().stream()
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
