package dev.wiremesh.operator.network;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The result of one reconciliation of a WireGuardNetwork: the input of {@link NetworkConditions}.
 *
 * @param deviceConflicts device parameters of the spec that another network has; whole sentences
 * @param poolOverlaps pools that overlap an older network or the cluster; whole sentences
 * @param exhausted the address families that no pool has a free address of
 * @param gateways null if the spec asks for none
 * @param nodes the number of nodes that have joined
 * @param silent the nodes whose agent is silent
 * @param waiting names of the other nodes whose agent does not report Ready
 */
record NetworkObservation(
    List<String> deviceConflicts,
    List<String> poolOverlaps,
    List<String> exhausted,
    @Nullable List<GatewayAddress> gateways,
    int nodes,
    List<SilentAgent> silent,
    List<String> waiting) {

  /**
   * A node whose agent is silent.
   *
   * @param since time of the last report, as in the MeshNode
   */
  record SilentAgent(String node, String since) {}

  /**
   * A gateway.
   *
   * @param host the address or name that clients dial; null if none is known
   */
  record GatewayAddress(String node, @Nullable String host) {}

  /** An observation of a network with so many nodes, all ready, and nothing else. */
  static Builder ofNodes(int nodes) {
    return new Builder(nodes);
  }

  /** Collects the results of the steps. */
  static final class Builder {
    private final int nodes;
    private List<String> deviceConflicts = List.of();
    private List<String> poolOverlaps = List.of();
    private List<String> exhausted = List.of();
    private @Nullable List<GatewayAddress> gateways;
    private List<SilentAgent> silent = List.of();
    private List<String> waiting = List.of();

    private Builder(int nodes) {
      this.nodes = nodes;
    }

    Builder deviceConflicts(List<String> value) {
      deviceConflicts = value;
      return this;
    }

    Builder poolOverlaps(List<String> value) {
      poolOverlaps = value;
      return this;
    }

    Builder exhausted(List<String> value) {
      exhausted = value;
      return this;
    }

    Builder gateways(@Nullable List<GatewayAddress> value) {
      gateways = value;
      return this;
    }

    Builder silent(List<SilentAgent> value) {
      silent = value;
      return this;
    }

    Builder waiting(List<String> value) {
      waiting = value;
      return this;
    }

    NetworkObservation build() {
      return new NetworkObservation(
          deviceConflicts, poolOverlaps, exhausted, gateways, nodes, silent, waiting);
    }
  }
}
