package dev.wiremesh.core.route;

import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixMap;
import dev.wiremesh.core.view.PeerName;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The routes that peers hold, of all networks. An older peer keeps its whole range: a route of
 * another namespace or network must not overlap it, whichever prefix is longer. Peers of one
 * namespace and network may nest routes, since they trust each other and share a table; an equal
 * prefix is a conflict there too, unless both routes name the same {@link RouteGroup}. Used by one
 * thread, oldest peer first.
 */
final class RouteClaims {
  /** Peers whose routes may nest. */
  private record Owner(String network, String namespace) {}

  /**
   * @param group name of the route's group; null for none
   */
  private record Claim(Owner owner, PeerName peer, @Nullable String group) {}

  private record Attempt(IpPrefix cidr, Owner owner, @Nullable String group) {}

  private final PrefixMap<Claim> claims = new PrefixMap<>();

  /**
   * Causes of the conflicts found so far. Claims are only added, so a conflict stays one; without
   * this memory a namespace could make each of its attempts search all of its own claims.
   */
  private final Map<Attempt, String> conflicts = new HashMap<>();

  /**
   * Claims the route for the peer, or returns the sentences that name both peers and both prefixes.
   *
   * @param group name of the route's group; null for none
   */
  Optional<String> claim(String network, PeerName peer, IpPrefix cidr, @Nullable String group) {
    var owner = new Owner(network, peer.namespace());
    var attempt = new Attempt(cidr, owner, group);
    var known = conflicts.get(attempt);
    if (known != null) {
      return Optional.of(RouteRules.cannotBring(peer, cidr, known));
    }
    var holder = claims.get(cidr);
    if (holder != null && group != null && isMember(holder, owner, group)) {
      return Optional.empty();
    }
    var conflict = conflict(cidr, owner, group);
    if (conflict.isPresent()) {
      conflicts.put(attempt, conflict.get());
    } else {
      claims.put(cidr, new Claim(owner, peer, group));
    }
    return conflict.map(cause -> RouteRules.cannotBring(peer, cidr, cause));
  }

  private static boolean isMember(Claim holder, Owner owner, String group) {
    return holder.owner().equals(owner) && group.equals(holder.group());
  }

  private Optional<String> conflict(IpPrefix cidr, Owner owner, @Nullable String group) {
    var equal = claims.get(cidr);
    if (equal != null) {
      return Optional.of(
          "the older peer "
              + named(equal, owner)
              + " already brings "
              + cidr
              + (equal.owner().equals(owner) ? advice(equal, group) : ".")
              + " For another LAN with this prefix, write a free block as translateTo.");
    }
    return claims
        .overlapping(cidr, claim -> !claim.owner().equals(owner))
        .map(held ->
            "it overlaps "
                + held.getKey()
                + ", which the older peer "
                + named(held.getValue(), owner)
                + " brings. Choose a block outside of it, as cidr or as translateTo.");
  }

  /** The end of the sentence: the remedy for two gateways of one LAN. */
  private static String advice(Claim holder, @Nullable String group) {
    if (holder.group() != null) {
      return " in group "
          + holder.group()
          + ". If both lead to the same LAN, write group: "
          + holder.group()
          + " here too.";
    }
    return group == null
        ? ". If both lead to the same LAN, give both routes one name as group."
        : ". If both lead to the same LAN, write group: " + group + " there too.";
  }

  private static String named(Claim claim, Owner owner) {
    var network = claim.owner().network();
    return network.equals(owner.network())
        ? claim.peer().toString()
        : claim.peer() + " of network " + network;
  }
}
