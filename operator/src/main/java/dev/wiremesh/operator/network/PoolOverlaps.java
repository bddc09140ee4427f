package dev.wiremesh.operator.network;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.ipam.AddressPool;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.routing.ClusterRanges;
import dev.wiremesh.operator.state.ClusterCache;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Pools of a network that overlap those of an older network, or ranges of the cluster. */
final class PoolOverlaps {
  private final ClusterCache state;
  private final ClusterRanges ranges;

  PoolOverlaps(ClusterCache state, ClusterRanges ranges) {
    this.state = state;
    this.ranges = ranges;
  }

  /** Whole sentences that name both sides; empty if there is no overlap. */
  List<String> of(WireGuardNetwork network) {
    var overlaps = new ArrayList<String>();
    for (var pool : NetworkPools.of(network).pools()) {
      addOlderNetworks(network, pool, overlaps);
      addClusterRange(pool, overlaps);
    }
    return overlaps;
  }

  private void addOlderNetworks(WireGuardNetwork network, AddressPool pool, List<String> overlaps) {
    var created = MeshViews.creationOrder(network);
    for (var other : state.networks().all()) {
      boolean isOlder = MeshViews.creationOrder(other).compareTo(created) < 0;
      if (isOlder
          && NetworkPools.of(other).pools().stream()
              .anyMatch(theirs -> theirs.cidr().overlaps(pool.cidr()))) {
        overlaps.add(
            "The pool "
                + pool.cidr()
                + " overlaps one of network "
                + other.getMetadata().getName()
                + ": choose another block.");
      }
    }
  }

  private void addClusterRange(AddressPool pool, List<String> overlaps) {
    ranges.outsideOf(Set.of()).stream()
        .filter(range -> range.overlaps(pool.cidr()))
        .findFirst()
        .ifPresent(range ->
            overlaps.add(
                "The pool "
                    + pool.cidr()
                    + " overlaps "
                    + range
                    + ", which the cluster uses for its nodes, pods or Services: choose"
                    + " another block."));
  }
}
