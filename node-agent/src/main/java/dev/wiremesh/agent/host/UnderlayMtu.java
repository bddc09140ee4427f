package dev.wiremesh.agent.host;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixTrie;
import java.util.Collection;
import java.util.List;

/**
 * Chooses the MTU of a tunnel: the smallest MTU on the way to the peers, less what WireGuard and
 * the outer headers add.
 */
final class UnderlayMtu {
  private static final int USUAL = 1500;
  private static final int LEAST_WITH_IPV6 = 1280;
  private static final int LEAST = 576;
  // WireGuard's header and tag are 32 bytes, UDP's header 8, IPv4's 20, IPv6's 40.
  private static final int OVERHEAD_IPV4 = 60;
  private static final int OVERHEAD_IPV6 = 80;

  /** A way out of the host: what is reached by it, and how large its packets may be. */
  record Way(IpPrefix destination, int mtuBytes) {}

  private UnderlayMtu() {}

  /**
   * @param ways of table main, except into tunnels of ours
   * @param endpoints where peers are
   * @param unknownPeers whether peers may also come from anywhere else, as they do to a gateway
   * @param ipv6Inside IPv6 needs 1280 bytes (RFC 8200 section 5)
   */
  static int choose(
      List<Way> ways, Collection<IpAddress> endpoints, boolean unknownPeers, boolean ipv6Inside) {
    var trie = PrefixTrie.<Way>builder();
    ways.stream()
        .sorted((one, other) -> Integer.compare(other.mtuBytes(), one.mtuBytes()))
        .forEach(way -> trie.put(way.destination(), way));
    var built = trie.build();

    int smallest = Integer.MAX_VALUE;
    boolean overIpv6 = false;
    for (var endpoint : endpoints) {
      var way = built.match(endpoint);
      if (way.isPresent()) {
        smallest = Math.min(smallest, way.get().mtuBytes());
        overIpv6 |= endpoint.family() == Family.IPV6;
      }
    }
    for (var way : ways) {
      if (way.destination().isDefault() && (unknownPeers || endpoints.isEmpty())) {
        smallest = Math.min(smallest, way.mtuBytes());
        overIpv6 |= way.destination().family() == Family.IPV6;
      }
    }
    int underlay = smallest == Integer.MAX_VALUE ? USUAL : smallest;
    int mtu = underlay - (overIpv6 ? OVERHEAD_IPV6 : OVERHEAD_IPV4);
    return Math.clamp(mtu, ipv6Inside ? LEAST_WITH_IPV6 : LEAST, 65_535);
  }
}
