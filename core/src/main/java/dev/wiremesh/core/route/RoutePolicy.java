package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.Optional;

/**
 * Judges a requested route by itself, without regard to the routes of other peers. The operator
 * judges by {@link RouteRules}; agents take the operator's decisions, {@link PublishedRoutes}.
 */
@FunctionalInterface
public interface RoutePolicy {
  /** The decision against the route; empty if only an older peer's route can prevent it. */
  Optional<RouteDecision> objection(PeerView peer, IpPrefix cidr);

  /** This policy for routes that overlap none of the ranges; the others are rejected. */
  default RoutePolicy outside(ForbiddenRanges ranges) {
    return (peer, cidr) ->
        RouteRules.overlap(ranges, peer.name(), cidr)
            .map(message -> new RouteDecision(cidr, State.REJECTED, message))
            .or(() -> objection(peer, cidr));
  }
}
