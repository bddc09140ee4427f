package dev.wiremesh.core.membership;

import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The nodes and peers of one network that take part, before their routes are decided. Immutable.
 *
 * @param nodes nodes that can have sessions, sorted by name
 * @param peers outside peers that can have a session with their home gateway, sorted by name
 * @param obstacles the cause for each peer that is left out
 * @param findings nodes and peers that are left out
 */
public record Membership(
    MeshView view,
    List<NodeView> nodes,
    List<PeerView> peers,
    Map<PeerName, Obstacle> obstacles,
    List<Finding> findings) {
  public Membership {
    nodes = List.copyOf(nodes);
    peers = List.copyOf(peers);
    obstacles = Map.copyOf(obstacles);
    findings = List.copyOf(findings);
  }

  public static Membership of(MeshView view) {
    return new MembershipRules(view).decide();
  }

  public Optional<Obstacle> obstacle(PeerView peer) {
    return Optional.ofNullable(obstacles.get(peer.name()));
  }

  /** The cause for leaving an object out. */
  public record Obstacle(Cause cause, String message) {
    /** True for an object that is refused; one that waits for a value keeps its routes. */
    public boolean givesUpRoutes() {
      return cause == Cause.SUSPENDED || cause == Cause.DUPLICATE_PUBLIC_KEY;
    }
  }
}
