package dev.wiremesh.core.topology;

import java.util.List;
import java.util.Map;

/**
 * Who takes part in the mesh, and with which routes: the same on every node and in the operator.
 *
 * @param nodes those that others can build a session with, sorted by name
 * @param peers those that their home gateway holds a session with, sorted by name
 * @param routes a decision for each route that any peer asked for, in the order asked
 * @param findings what was left out, sorted
 */
public record MeshMembers(
    List<NodeView> nodes,
    List<PeerView> peers,
    Map<PeerName, List<RouteDecision>> routes,
    List<Finding> findings) {
  public MeshMembers {
    nodes = List.copyOf(nodes);
    peers = List.copyOf(peers);
    routes = Map.copyOf(routes);
    findings = List.copyOf(findings);
  }

  /** Decisions on the routes of one peer; empty if it has none or is unknown. */
  public List<RouteDecision> routesOf(PeerName peer) {
    return routes.getOrDefault(peer, List.of());
  }
}
