package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;
import java.util.Optional;

/**
 * Judges a requested route by itself, without regard to the routes of other peers. The operator
 * judges by {@link RouteRules}; agents take the operator's decisions, {@link PublishedRoutes}.
 */
@FunctionalInterface
public interface RoutePolicy {
  /** The decision against the route; empty if only an older peer's route can prevent it. */
  Optional<RouteDecision> objection(PeerView peer, IpPrefix cidr);
}
