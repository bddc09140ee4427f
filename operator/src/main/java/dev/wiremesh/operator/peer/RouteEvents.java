package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteState;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteStatus;
import dev.wiremesh.operator.kube.Events;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Writes an Event when routes of a Peer are refused, accepted again, or the active ones of their
 * group: one for all routes that changed in a reconciliation.
 */
final class RouteEvents {
  private static final int MOST_NAMED = 5;

  private final Events events;

  RouteEvents(Events events) {
    this.events = events;
  }

  /**
   * @param before the routes in the status that was replaced
   * @param now the routes in the status that was written
   */
  void changed(Peer peer, List<RouteStatus> before, List<RouteStatus> now) {
    var refused =
        now.stream()
            .filter(RouteEvents::isRefused)
            .filter(route ->
                find(before, route)
                    .filter(old ->
                        old.state == route.state && Objects.equals(old.message, route.message))
                    .isEmpty())
            .toList();
    if (!refused.isEmpty()) {
      events.write(peer, EventReason.ROUTE_REFUSED, sentences(refused));
    }
    var active =
        now.stream()
            .filter(route -> route.state == RouteState.ACCEPTED && isGrouped(peer, route))
            .filter(route ->
                find(before, route).filter(old -> old.state == RouteState.STANDBY).isPresent())
            .toList();
    if (!active.isEmpty()) {
      events.write(peer, EventReason.ROUTE_ACTIVE, "Carries the traffic now: " + named(active));
    }
    var accepted =
        now.stream()
            .filter(route -> route.state == RouteState.ACCEPTED)
            .filter(route -> find(before, route).filter(RouteEvents::isRefused).isPresent())
            .toList();
    if (!accepted.isEmpty()) {
      events.write(peer, EventReason.ROUTE_ACCEPTED, "Accepted: " + named(accepted));
    }
  }

  private static String named(List<RouteStatus> routes) {
    return routes.stream()
            .limit(MOST_NAMED)
            .map(route -> route.cidr)
            .collect(Collectors.joining(", "))
        + more(routes)
        + ".";
  }

  private static boolean isGrouped(Peer peer, RouteStatus route) {
    return peer.getSpec().routes.stream()
        .anyMatch(wanted ->
            wanted.cidr.equals(route.cidr) && wanted.group != null && !wanted.group.isEmpty());
  }

  private static String sentences(List<RouteStatus> routes) {
    return routes.stream()
            .limit(MOST_NAMED)
            .map(route ->
                route.cidr
                    + " is "
                    + (route.state == RouteState.CONFLICT ? "in conflict" : "rejected")
                    + (route.message == null ? "." : ": " + route.message))
            .collect(Collectors.joining(" "))
        + more(routes);
  }

  private static String more(List<RouteStatus> routes) {
    return routes.size() <= MOST_NAMED ? "" : " And " + (routes.size() - MOST_NAMED) + " more";
  }

  private static boolean isRefused(RouteStatus route) {
    return route.state == RouteState.REJECTED || route.state == RouteState.CONFLICT;
  }

  private static Optional<RouteStatus> find(List<RouteStatus> routes, RouteStatus one) {
    return routes.stream().filter(other -> other.cidr.equals(one.cidr)).findFirst();
  }
}
