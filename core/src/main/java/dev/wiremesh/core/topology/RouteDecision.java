package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;

/**
 * What became of a route that a peer asked for.
 *
 * @param message empty when accepted, else a whole sentence that says what would help
 */
public record RouteDecision(IpPrefix cidr, State state, String message) {

  /** As in {@code Peer.status.routes}. */
  public enum State {
    /** In use. */
    ACCEPTED,
    /** Nothing is wrong with it, but it carries nothing now. */
    STANDBY,
    /** An older peer brings the same prefix. */
    CONFLICT,
    /** The network does not allow it. */
    REJECTED
  }

  static RouteDecision accepted(IpPrefix cidr) {
    return new RouteDecision(cidr, State.ACCEPTED, "");
  }
}
