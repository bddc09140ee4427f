package dev.wiremesh.core.view;

import dev.wiremesh.core.net.IpPrefix;

/**
 * The decision on a route that a peer requests.
 *
 * @param message a whole sentence that says what would help, or how the route's group works; empty
 *     for an accepted route without a remark
 */
public record RouteDecision(IpPrefix cidr, State state, String message) {

  /** As in {@code Peer.status.routes}. */
  public enum State {
    /** In use. */
    ACCEPTED,
    /** Valid, but without traffic: the peer is left out, or another one of its group is active. */
    STANDBY,
    /** An older peer has the range or a part of it. */
    CONFLICT,
    /** The network does not allow it, or it overlaps a forbidden range. */
    REJECTED
  }

  /** The decision for a route without objections. */
  public static RouteDecision accepted(IpPrefix cidr) {
    return new RouteDecision(cidr, State.ACCEPTED, "");
  }
}
