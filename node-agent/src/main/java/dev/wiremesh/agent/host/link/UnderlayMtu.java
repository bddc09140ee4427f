package dev.wiremesh.agent.host.link;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.routing.PrefixTable;
import java.util.Collection;
import java.util.List;

/**
 * Chooses the MTU of a tunnel: the smallest MTU of the routes to the peers' endpoints, less the
 * headers of WireGuard, UDP and IP.
 */
public final class UnderlayMtu {
  private static final int USUAL = 1500;
  private static final int LEAST_WITH_IPV6 = 1280;
  private static final int LEAST = 576;
  // WireGuard's header and tag are 32 bytes, UDP's header 8, IPv4's 20, IPv6's 40.
  private static final int OVERHEAD_IPV4 = 60;
  private static final int OVERHEAD_IPV6 = 80;

  /**
   * @param mtuBytes of the route, or of the interface that it leads to
   */
  public record UnderlayRoute(IpPrefix destination, int mtuBytes) {}

  private UnderlayMtu() {}

  /**
   * @param routes of table main, except into tunnels
   * @param endpoints addresses of the peers
   * @param unknownPeers whether peers may also come from any other address, as they do to a gateway
   * @param ipv6Inside IPv6 needs 1280 bytes (RFC 8200 section 5)
   */
  public static int choose(
      List<UnderlayRoute> routes,
      Collection<IpAddress> endpoints,
      boolean unknownPeers,
      boolean ipv6Inside) {
    var table = PrefixTable.<UnderlayRoute>empty();
    for (var route : routes) {
      var same = table.get(route.destination());
      if (same == null || route.mtuBytes() < same.mtuBytes()) {
        table = table.with(route.destination(), route);
      }
    }

    int smallest = Integer.MAX_VALUE;
    boolean overIpv6 = false;
    for (var endpoint : endpoints) {
      var route = table.match(endpoint);
      if (route != null) {
        smallest = Math.min(smallest, route.mtuBytes());
        overIpv6 |= endpoint.family() == Family.IPV6;
      }
    }
    for (var route : routes) {
      if (route.destination().isDefault() && (unknownPeers || endpoints.isEmpty())) {
        smallest = Math.min(smallest, route.mtuBytes());
        overIpv6 |= route.destination().family() == Family.IPV6;
      }
    }
    int underlay = smallest == Integer.MAX_VALUE ? USUAL : smallest;
    int mtu = underlay - (overIpv6 ? OVERHEAD_IPV6 : OVERHEAD_IPV4);
    return Math.clamp(mtu, ipv6Inside ? LEAST_WITH_IPV6 : LEAST, 65_535);
  }
}
