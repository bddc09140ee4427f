package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.Optional;

/**
 * The rules for a route that a peer requests from one network. Creating a Peer is network access,
 * so a route must lie inside the permitted blocks and outside all forbidden ranges. Immutable.
 *
 * @param forbidden ranges of the cluster and of all networks
 */
public record RouteRules(String network, RoutePermissions permissions, ForbiddenRanges forbidden)
    implements RoutePolicy {
  @Override
  public Optional<RouteDecision> objection(PeerView peer, IpPrefix cidr) {
    return refusal(peer.name(), cidr)
        .map(message -> new RouteDecision(cidr, State.REJECTED, message));
  }

  /** The message of a route that is refused; the cause begins in the middle of a sentence. */
  static String cannotBring(PeerName peer, IpPrefix cidr, String cause) {
    return "Peer " + peer + " cannot bring " + cidr + ": " + cause;
  }

  private Optional<String> refusal(PeerName peer, IpPrefix cidr) {
    if (cidr.isDefault()) {
      return Optional.of(
          cannotBring(
              peer, cidr, "it is a default route. List the networks behind the peer instead."));
    }
    return overlap(ForbiddenRanges.RESERVED, peer, cidr)
        .or(() -> overlap(forbidden, peer, cidr))
        .or(() ->
            permissions.allow(peer.namespace(), cidr)
                ? Optional.empty()
                : Optional.of(missingPermission(peer, cidr)));
  }

  /** The message of a route that overlaps one of the ranges. */
  static Optional<String> overlap(ForbiddenRanges ranges, PeerName peer, IpPrefix cidr) {
    return ranges
        .overlapping(cidr)
        .map(range ->
            cannotBring(
                peer,
                cidr,
                "it overlaps "
                    + range.getKey()
                    + ", "
                    + range.getValue()
                    + ". Choose a block outside of it, as cidr or as translateTo."));
  }

  private String missingPermission(PeerName peer, IpPrefix cidr) {
    var namespace = peer.namespace();
    var block = cidr.address().isV4() ? cidr.toString() : '"' + cidr.toString() + '"';
    // The message ends with YAML, without a full stop, so that it can be pasted.
    return cannotBring(
        peer,
        cidr,
        "network %s does not allow it. Add to the spec of WireGuardNetwork %s: peerRoutes: {allowed: [%s]} - or, for namespace %s alone: peerRoutes: {grants: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: %s}}, allowed: [%s]}]}"
            .formatted(network, network, block, namespace, namespace, block));
  }
}
