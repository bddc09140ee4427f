package dev.wiremesh.agent.host.link;

import dev.wiremesh.agent.host.link.UnderlayMtu.UnderlayRoute;
import dev.wiremesh.agent.host.route.Surroundings.Connected;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.Route;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The host's network without tunnels: the prefixes that it is directly connected to, and the routes
 * that reach the peers' endpoints. Read anew with each call.
 */
public final class UnderlayRoutes {
  private static final List<IpPrefix> ON_EVERY_HOST =
      List.of(
          IpPrefix.parse("fe80::/10"),
          IpPrefix.parse("169.254.0.0/16"),
          IpPrefix.parse("127.0.0.0/8"));

  private final Rtnetlink netlink;

  public UnderlayRoutes(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /** The prefixes of the node's addresses, those of TUN interfaces aside. */
  public List<Connected> connected(List<Link> links) throws IOException {
    var names = namesWithoutTunnels(links);
    var connected = new ArrayList<Connected>();
    for (var address : netlink.addresses().list()) {
      var network = address.network();
      var name = names.get(address.linkIndex());
      if (name != null && !network.isSingleAddress() && !isOnEveryHost(address.address())) {
        connected.add(new Connected(network, address.address(), name));
      }
    }
    return connected;
  }

  /** The gateways of default routes that do not lead into a TUN interface. */
  public Set<IpAddress> defaultGateways(List<Link> links) throws IOException {
    var names = namesWithoutTunnels(links);
    var gateways = new HashSet<IpAddress>();
    for (var gateway : netlink.routes().defaultGateways()) {
      if (names.containsKey(gateway.linkIndex())) {
        gateways.add(gateway.address());
      }
    }
    return gateways;
  }

  private static Map<Integer, String> namesWithoutTunnels(List<Link> links) {
    var names = new HashMap<Integer, String>();
    links.stream()
        .filter(link -> link.tun() == null)
        .forEach(link -> names.put(link.index(), link.name()));
    return names;
  }

  private static boolean isOnEveryHost(IpAddress address) {
    return ON_EVERY_HOST.stream().anyMatch(prefix -> prefix.contains(address));
  }

  /**
   * Routes of table main that do not lead into a TUN interface, each next hop with its own MTU: the
   * route's where it sets one that is smaller than the interface's.
   */
  public List<UnderlayRoute> routes(List<Link> links) throws IOException {
    var mtus = new HashMap<Integer, Integer>();
    links.stream()
        .filter(link -> link.tun() == null)
        .forEach(link -> mtus.put(link.index(), link.mtuBytes()));
    var routes = new ArrayList<UnderlayRoute>();
    for (var hop : netlink.routes().hops(Route.MAIN_TABLE)) {
      var linkMtu = mtus.get(hop.linkIndex());
      if (linkMtu != null) {
        int mtu = hop.mtuBytes() == 0 ? linkMtu : Math.min(hop.mtuBytes(), linkMtu);
        routes.add(new UnderlayRoute(hop.destination(), mtu));
      }
    }
    return routes;
  }
}
