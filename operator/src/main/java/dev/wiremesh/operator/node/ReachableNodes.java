package dev.wiremesh.operator.node;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Topology;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.path.PathSummary;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.ClusterCache;
import java.util.Collection;
import java.util.EnumSet;
import java.util.stream.Collectors;

/** The condition NodesReachable of a MeshNode: how the other nodes are reached from it. */
public final class ReachableNodes {
  private final ClusterCache state;

  ReachableNodes(ClusterCache state) {
    this.state = state;
  }

  /**
   * @param spec of the MeshNode as it was just written
   */
  ConditionDraft of(MeshNode meshNode, MeshNodeSpec spec, WireGuardNetwork network) {
    var self = new MeshNode();
    self.setMetadata(meshNode.getMetadata());
    self.setSpec(spec);
    var members =
        state.meshNodes().by(ClusterCache.BY_NETWORK, network.getMetadata().getName()).stream()
            .filter(other -> !other.isMarkedForDeletion() && MeshViews.unreadable(other).isEmpty())
            .map(MeshViews::node)
            // A node that has just joined has no endpoints yet.
            .filter(other -> !other.underlay().endpoints().isEmpty())
            .toList();
    var summary = PathSummary.of(MeshViews.node(self), members, areHubs(network));
    return ConditionDraft.of(
        switch (summary.kind()) {
          case DIRECT -> Reason.NODE_PATHS_DIRECT;
          case RELAYED -> Reason.NODE_PATHS_RELAYED;
          case NO_PATH -> Reason.NODE_PATHS_NONE;
        },
        summary.message());
  }

  /**
   * Whether every two nodes of the network can dial each other, so that no node's condition depends
   * on another node: the topology is a full mesh, there are no sites, and one address family is
   * common to all.
   *
   * @param nodes MeshNodes of the network, before and after a change
   */
  public static boolean areAllDirect(WireGuardNetwork network, Collection<MeshNode> nodes) {
    var spec = network.getSpec().nodes;
    if (areHubs(network) || spec != null && spec.siteLabel != null && !spec.siteLabel.isEmpty()) {
      return false;
    }
    var common = EnumSet.allOf(Family.class);
    for (var node : nodes) {
      var families =
          node.getSpec().endpoints.stream()
              .filter(endpoint -> endpoint.type != MeshNodeEndpoint.Type.OVERRIDE)
              .flatMap(endpoint -> LenientParsing.read(endpoint.host, IpAddress::parse).stream())
              .map(IpAddress::family)
              .collect(Collectors.toSet());
      if (!families.isEmpty()) {
        common.retainAll(families);
      }
    }
    return !common.isEmpty();
  }

  private static boolean areHubs(WireGuardNetwork network) {
    return network.getSpec().topology == Topology.HUB_AND_SPOKE;
  }
}
