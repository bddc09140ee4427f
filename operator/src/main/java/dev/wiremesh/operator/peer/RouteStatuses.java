package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteState;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteStatus;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.wgquick.SiteInstructions;
import dev.wiremesh.core.wgquick.SiteRoute;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The routes in a Peer's status: one entry for each route of its spec, as a pure function. */
final class RouteStatuses {
  private RouteStatuses() {}

  /**
   * The entries in the order of the spec.
   *
   * @param decisions on the blocks under which the others reach the routes; a route without one has
   *     no entry
   */
  static List<RouteStatus> of(Peer peer, List<RouteDecision> decisions) {
    Map<IpPrefix, RouteStatus> statuses = new LinkedHashMap<>();
    for (var spec : peer.getSpec().routes) {
      MeshViews.siteRoute(spec)
          .ifPresent(route ->
              decisions.stream()
                  .filter(decision -> decision.cidr().equals(route.meshBlock()))
                  .findFirst()
                  .ifPresent(decision ->
                      statuses.putIfAbsent(route.cidr(), status(route, decision, peer))));
    }
    return List.copyOf(statuses.values());
  }

  private static RouteStatus status(SiteRoute route, RouteDecision decision, Peer peer) {
    var status = new RouteStatus();
    status.cidr = route.cidr().toString();
    status.translateTo = route.translateTo() == null ? null : route.translateTo().toString();
    status.state =
        switch (decision.state()) {
          case ACCEPTED -> RouteState.ACCEPTED;
          case STANDBY -> RouteState.STANDBY;
          case CONFLICT -> RouteState.CONFLICT;
          case REJECTED -> RouteState.REJECTED;
        };
    status.message = message(route, decision, peer);
    return status;
  }

  private static @Nullable String message(SiteRoute route, RouteDecision decision, Peer peer) {
    var sentences = new ArrayList<String>();
    if (!decision.message().isEmpty()) {
      sentences.add(decision.message());
    }
    var client = peer.getSpec().client;
    if (decision.state() == RouteDecision.State.ACCEPTED && client != null && !client.commands) {
      sentences.add(SiteInstructions.byHand(route));
    }
    return sentences.isEmpty() ? null : String.join(" ", sentences);
  }
}
