package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The gateways of a network: which is a peer's home, and whether it lets the peer in. */
final class NetworkGateways {
  private static final Set<String> STILL_SERVING =
      Set.of(
          Reason.NODE_ROUTE_WITHDRAWN.text(),
          Reason.NODE_ADDRESS_IN_USE.text(),
          Reason.NODE_ADDRESS_OUT_OF_RANGE.text());

  private final ClusterCache state;
  private final AgentLeases leases;

  NetworkGateways(ClusterCache state, AgentLeases leases) {
    this.state = state;
    this.leases = leases;
  }

  /** The home gateway of a peer; empty if the network has no gateway. */
  Optional<String> choose(Peer peer, WireGuardNetwork network) {
    var dialled = GatewayEndpoints.given(network).map(ConfiguredEndpoint::host).orElse(null);
    var candidates =
        state.meshNodes().by(ClusterCache.BY_NETWORK, network.getMetadata().getName()).stream()
            .filter(node -> node.getSpec().gateway && !node.isMarkedForDeletion())
            .map(node ->
                new HomeGateway.Candidate(
                    node.getSpec().nodeName, hasAddress(node, dialled), isAvailable(node)))
            .toList();
    // By name, not by UID: a Peer that is restored from a backup gets its former gateway again.
    var name = peer.getMetadata().getNamespace() + "/" + peer.getMetadata().getName();
    return HomeGateway.choose(name, peer.getStatus().homeGateway, candidates);
  }

  private static boolean hasAddress(MeshNode node, @Nullable String host) {
    return node.getSpec().endpoints.stream().anyMatch(endpoint -> endpoint.host.equals(host));
  }

  private boolean isAvailable(MeshNode node) {
    return Conditions.find(node.getStatus().conditions, ConditionType.READY)
            .filter(NetworkGateways::serves)
            .isPresent()
        && !leases.isSilent(node.getSpec().nodeName);
  }

  /**
   * Whether a gateway lets peers in. A withdrawn route is one Peer's loss, and must not take the
   * gateway from all others. A gateway without the address that it was to have has another one.
   *
   * @param ready the condition Ready of its MeshNode
   */
  static boolean serves(Condition ready) {
    return Conditions.has(ready, ConditionStatus.TRUE) || STILL_SERVING.contains(ready.getReason());
  }

  /**
   * The report of a gateway's agent.
   *
   * @param home name of the node; null if the peer has no home gateway
   */
  GatewayState stateOf(WireGuardNetwork network, @Nullable String home) {
    if (home == null) {
      return new GatewayState.None();
    }
    var node = state.meshNodes().get(MeshNodeName.of(network.getMetadata().getName(), home));
    var ready =
        node.flatMap(
            gateway -> Conditions.find(gateway.getStatus().conditions, ConditionType.READY));
    if (ready.isEmpty()) {
      return new GatewayState.Waiting(home);
    }
    if (AgentLeases.saysSilent(ready.get())) {
      return new GatewayState.Silent(home, ready.get().getLastTransitionTime());
    }
    return serves(ready.get())
        ? new GatewayState.Programmed(home)
        : new GatewayState.Failed(home, ready.get().getMessage());
  }
}
