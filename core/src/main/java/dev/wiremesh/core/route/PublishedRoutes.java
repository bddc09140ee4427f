package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.Optional;

/**
 * The policy of agents: a route needs the operator's acceptance in {@code Peer.status.routes}. The
 * operator judges by objects that agents must not read, such as Namespaces and pods.
 *
 * <p>Agents never widen the decision; they only narrow it, by the objects of the network that they
 * do read: a node that joins inside an accepted route counts at once, without the operator.
 *
 * @param ownRanges ranges that the network's own objects forbid
 */
public record PublishedRoutes(ForbiddenRanges ownRanges) implements RoutePolicy {
  /** The policy for the peers of a view. */
  public static PublishedRoutes of(MeshView view) {
    return new PublishedRoutes(ForbiddenRanges.of(view));
  }

  @Override
  public Optional<RouteDecision> objection(PeerView peer, IpPrefix cidr) {
    var published =
        peer.routes().published().stream()
            .filter(decision -> decision.cidr().equals(cidr))
            .findFirst()
            .orElseGet(() -> notJudged(cidr));
    return published.state() == State.ACCEPTED || isStandbyOfGroup(peer, published)
        ? RouteRules.overlap(ownRanges, peer.name(), cidr)
            .map(message -> new RouteDecision(cidr, State.REJECTED, message))
        : Optional.of(published);
  }

  /** The operator permits it; another member of its group was active then. */
  private static boolean isStandbyOfGroup(PeerView peer, RouteDecision published) {
    return published.state() == State.STANDBY
        && peer.routes().groups().containsKey(published.cidr())
        && peer.routes().published().contains(published);
  }

  private static RouteDecision notJudged(IpPrefix cidr) {
    return new RouteDecision(
        cidr, State.STANDBY, "The operator has not judged " + cidr + " yet: wait for it.");
  }
}
