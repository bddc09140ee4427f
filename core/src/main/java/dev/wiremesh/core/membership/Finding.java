package dev.wiremesh.core.membership;

import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerView;
import java.util.Comparator;

/**
 * An object or route that is left out of the mesh, with the cause.
 *
 * @param message a whole sentence that names the other object and says what would help
 */
public record Finding(Subject subject, Cause cause, String message) implements Comparable<Finding> {
  private static final Comparator<Finding> ORDER =
      Comparator.comparing((Finding f) -> f.subject().kind())
          .thenComparing(f -> f.subject().name())
          .thenComparing(Finding::cause)
          .thenComparing(Finding::message);

  /** The object: the name of a node, or {@code namespace/name} of a peer. */
  public record Subject(Kind kind, String name) {
    public static Subject of(NodeView node) {
      return new Subject(Kind.NODE, node.name());
    }

    public static Subject of(PeerView peer) {
      return new Subject(Kind.PEER, peer.name().toString());
    }
  }

  /** The kind of object. */
  public enum Kind {
    NODE,
    PEER
  }

  /** The cause for leaving it out. */
  public enum Cause {
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
