package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixMap;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The routes that peers hold, of all networks. An older peer keeps its whole range: a route of
 * another namespace or network must not overlap it, whichever prefix is longer. Peers of one
 * namespace and network may nest routes, since they trust each other and share a table; an equal
 * prefix is a conflict there too. Used by one thread, oldest peer first.
 */
final class RouteClaims {
  /** Peers whose routes may nest. */
  private record Group(String network, String namespace) {}

  private record Claim(Group group, PeerName peer) {}

  private record Attempt(IpPrefix cidr, Group group) {}

  private final PrefixMap<Claim> claims = new PrefixMap<>();

  /**
   * Conflicts found so far. Claims are only added, so a conflict stays one; without this memory a
   * namespace could make each of its attempts search all of its own claims.
   */
  private final Map<Attempt, String> conflicts = new HashMap<>();

  /** Claims the route for the peer, or returns the sentence that names the older holder. */
  Optional<String> claim(String network, PeerName peer, IpPrefix cidr) {
    var group = new Group(network, peer.namespace());
    var attempt = new Attempt(cidr, group);
    var known = conflicts.get(attempt);
    if (known != null) {
      return Optional.of(known);
    }
    var conflict = conflict(cidr, group);
    if (conflict.isPresent()) {
      conflicts.put(attempt, conflict.get());
    } else {
      claims.put(cidr, new Claim(group, peer));
    }
    return conflict;
  }

  private Optional<String> conflict(IpPrefix cidr, Group group) {
    var equal = claims.get(cidr);
    if (equal != null) {
      return Optional.of("The older peer " + named(equal, group) + " already brings " + cidr + ".");
    }
    return claims
        .overlapping(cidr, claim -> !claim.group().equals(group))
        .map(held ->
            cidr
                + " overlaps "
                + held.getKey()
                + ", which the older peer "
                + named(held.getValue(), group)
                + " brings: choose a block outside of it.");
  }

  private static String named(Claim claim, Group group) {
    var network = claim.group().network();
    return network.equals(group.network())
        ? claim.peer().toString()
        : claim.peer() + " of network " + network;
  }
}
