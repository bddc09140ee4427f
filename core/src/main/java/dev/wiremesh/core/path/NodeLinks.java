package dev.wiremesh.core.path;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.view.NodeEndpoint.Scope;
import dev.wiremesh.core.view.NodeView;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The rules for sessions between two nodes: whether one of them can dial the other, and where.
 *
 * <ul>
 *   <li>Within a site nodes dial the InternalIP, between sites the ExternalIP. The endpoint that
 *       the network's spec gives for a node comes first, except within a site that has a name.
 *   <li>The endpoint is of an address family that both nodes have.
 *   <li>One direction suffices for a session: WireGuard answers to the source of a handshake.
 * </ul>
 */
final class NodeLinks {
  private static final List<Scope> WITHIN_NAMED_SITE =
      List.of(Scope.SITE, Scope.ANYWHERE, Scope.OVERRIDE);
  private static final List<Scope> WITHIN_SITE =
      List.of(Scope.OVERRIDE, Scope.SITE, Scope.ANYWHERE);
  private static final List<Scope> BETWEEN_SITES = List.of(Scope.OVERRIDE, Scope.ANYWHERE);

  private NodeLinks() {}

  /** Whether at least one of the two nodes can dial the other. */
  static boolean areLinked(NodeView one, NodeView other) {
    return endpoint(one, other).isPresent() || endpoint(other, one).isPresent();
  }

  /** The endpoint at which a node dials another one; empty if it has to be dialled itself. */
  static Optional<ConfiguredEndpoint> endpoint(NodeView from, NodeView to) {
    var families = families(from);
    for (var scope : scopes(from, to)) {
      for (var candidate : to.underlay().endpoints()) {
        var address = candidate.address();
        if (candidate.scope() == scope
            && (address == null || families.contains(address.family()))) {
          return Optional.of(candidate.endpoint());
        }
      }
    }
    return Optional.empty();
  }

  static boolean areOfOneSite(NodeView one, NodeView other) {
    return one.underlay().site().equals(other.underlay().site());
  }

  private static List<Scope> scopes(NodeView from, NodeView to) {
    if (!areOfOneSite(from, to)) {
      return BETWEEN_SITES;
    }
    return from.underlay().site().isEmpty() ? WITHIN_SITE : WITHIN_NAMED_SITE;
  }

  /** The families of the node's own addresses; both for a node whose addresses are unknown. */
  private static Set<Family> families(NodeView node) {
    var families = EnumSet.noneOf(Family.class);
    for (var endpoint : node.underlay().endpoints()) {
      var address = endpoint.address();
      if (address != null && endpoint.scope() != Scope.OVERRIDE) {
        families.add(address.family());
      }
    }
    return families.isEmpty() ? EnumSet.allOf(Family.class) : families;
  }
}
