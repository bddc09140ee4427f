package dev.wiremesh.core.route;

import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import java.util.List;
import java.util.Map;

/**
 * The members of the mesh and their routes.
 *
 * @param nodes nodes that can have sessions, sorted by name
 * @param peers outside peers that can have a session with their home gateway, sorted by name
 * @param routes a decision for each requested route, in the order of the request; no entry for a
 *     peer without routes
 * @param findings objects and routes that are left out, sorted
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

  /** Decisions on the routes of one peer; empty for an unknown peer. */
  public List<RouteDecision> routesOf(PeerName peer) {
    return routes.getOrDefault(peer, List.of());
  }
}
