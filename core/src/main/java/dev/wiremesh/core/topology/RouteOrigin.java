package dev.wiremesh.core.topology;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.view.PeerName;
import java.util.Comparator;

/**
 * The object that a route comes from.
 *
 * @param name of the node or Peer; empty for an address pool
 */
public record RouteOrigin(Kind kind, String name) implements Comparable<RouteOrigin> {
  /** The kinds of objects that bring routes. */
  public enum Kind {
    /** An address pool of the network. */
    POOL,
    /** Another node, with its pods. */
    NODE,
    /** A Peer, with a prefix behind it. */
    PEER
  }

  public static final RouteOrigin POOL = new RouteOrigin(Kind.POOL, "");

  private static final Comparator<RouteOrigin> ORDER =
      comparing(RouteOrigin::kind).thenComparing(RouteOrigin::name);

  public static RouteOrigin node(String name) {
    return new RouteOrigin(Kind.NODE, name);
  }

  public static RouteOrigin peer(PeerName name) {
    return new RouteOrigin(Kind.PEER, name.toString());
  }

  @Override
  public int compareTo(RouteOrigin other) {
    return ORDER.compare(this, other);
  }
}
