package dev.wiremesh.agent.observe;

import dev.wiremesh.agent.group.GroupState;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.topology.PeerPlan;
import java.util.Map;

/**
 * The status of a network on this node at one moment. An immutable value.
 *
 * @param peers of the applied plan
 * @param observed the peers of the device
 * @param routes count by state; empty as long as no plan is applied
 * @param groups of routes, with their active members
 * @param desiredGeneration of the newest plan, see {@code PlanProgress}
 * @param appliedGeneration of the plan that is applied completely; 0 if none is
 */
public record NetworkStatus(
    String network,
    Map<PublicKey, PeerPlan> peers,
    Map<PublicKey, ObservedPeer> observed,
    Map<LocalRouteState, Integer> routes,
    GroupState groups,
    long desiredGeneration,
    long appliedGeneration) {
  public NetworkStatus {
    peers = Map.copyOf(peers);
    observed = Map.copyOf(observed);
    routes = Map.copyOf(routes);
  }

  /** A network before its first plan. */
  public static NetworkStatus empty(String network) {
    return new NetworkStatus(network, Map.of(), Map.of(), Map.of(), GroupState.NONE, 0, 0);
  }
}
