package dev.wiremesh.core.topology;

import java.util.Comparator;

/**
 * Something that was left out of the mesh.
 *
 * @param message a whole sentence that names the other party and says what would help
 */
public record Finding(Subject subject, Reason reason, String message)
    implements Comparable<Finding> {
  private static final Comparator<Finding> ORDER =
      Comparator.comparing((Finding f) -> f.subject().kind())
          .thenComparing(f -> f.subject().name())
          .thenComparing(Finding::reason)
          .thenComparing(Finding::message);

  /** Which object it is about: a node's name, or {@code namespace/name} of a peer. */
  public record Subject(Kind kind, String name) {
    static Subject of(NodeView node) {
      return new Subject(Kind.NODE, node.name());
    }

    static Subject of(PeerView peer) {
      return new Subject(Kind.PEER, peer.name().toString());
    }
  }

  /** The kind of object. */
  public enum Kind {
    NODE,
    PEER
  }

  /** Why it was left out. */
  public enum Reason {
    SUSPENDED,
    KEY_NOT_READY,
    DUPLICATE_PUBLIC_KEY,
    NO_ADDRESS,
    DUPLICATE_ADDRESS,
    NO_GATEWAY,
    ROUTE_STANDBY,
    ROUTE_CONFLICT,
    ROUTE_REJECTED
  }

  @Override
  public int compareTo(Finding other) {
    return ORDER.compare(this, other);
  }
}
