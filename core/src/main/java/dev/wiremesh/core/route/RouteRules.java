package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
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
    return refusal(peer.name().namespace(), cidr)
        .map(message -> new RouteDecision(cidr, State.REJECTED, message));
  }

  private Optional<String> refusal(String namespace, IpPrefix cidr) {
    if (cidr.isDefault()) {
      return Optional.of(
          "A default route is not taken from a peer: list the networks behind it instead of "
              + cidr
              + ".");
    }
    return overlap(ForbiddenRanges.RESERVED, cidr)
        .or(() -> overlap(forbidden, cidr))
        .or(() ->
            permissions.allow(namespace, cidr)
                ? Optional.empty()
                : Optional.of(missingPermission(namespace, cidr)));
  }

  static Optional<String> overlap(ForbiddenRanges ranges, IpPrefix cidr) {
    return ranges
        .overlapping(cidr)
        .map(range ->
            cidr + " overlaps " + range.getKey() + ", " + range.getValue() + ": choose another.");
  }

  private String missingPermission(String namespace, IpPrefix cidr) {
    var block = cidr.address().isV4() ? cidr.toString() : '"' + cidr.toString() + '"';
    // The message ends with YAML, without a full stop, so that it can be pasted.
    return "%s is not allowed in network %s. Add to the spec of WireGuardNetwork %s: peerRoutes: {allowed: [%s]} - or, for namespace %s alone: peerRoutes: {grants: [{namespaces: {matchLabels: {kubernetes.io/metadata.name: %s}}, allowed: [%s]}]}"
        .formatted(cidr, network, network, block, namespace, namespace, block);
  }
}
