package dev.wiremesh.agent.observe;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.topology.PeerPlan;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A network as the metrics see it: published by the control thread, read by any.
 *
 * @param device null as long as there is none
 * @param peers the peers of the plan in force
 * @param routes how many there are in each state; none as long as no plan is in force
 * @param desiredGeneration counts the plans there were
 * @param appliedGeneration the plan that is completely in force; 0 if none is
 */
public record NetworkStatus(
    String network,
    @Nullable MeshDevice device,
    Map<PublicKey, PeerPlan> peers,
    Map<PublicKey, ObservedPeer> observed,
    LatencyStats handshakeTimes,
    Map<RouteState, Integer> routes,
    long desiredGeneration,
    long appliedGeneration) {
  public NetworkStatus {
    peers = Map.copyOf(peers);
    observed = Map.copyOf(observed);
    routes = Map.copyOf(routes);
  }
}
