package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The routes of a namespace, of all tables. */
public final class Routes {
  private static final int RTMSG_BYTES = 12;

  private static final int RTA_DST = 1;
  private static final int RTA_SRC = 2;
  private static final int RTA_OIF = 4;
  private static final int RTA_GATEWAY = 5;
  private static final int RTA_PRIORITY = 6;
  private static final int RTA_PREFSRC = 7;
  private static final int RTA_METRICS = 8;
  private static final int RTA_MULTIPATH = 9;
  private static final int RTA_TABLE = 15;
  private static final int RTA_MARK = 16;
  private static final int RTA_VIA = 18;
  private static final int RTA_IP_PROTO = 27;
  private static final int RTA_SPORT = 28;
  private static final int RTA_DPORT = 29;
  private static final int RTAX_MTU = 2;
  private static final byte IPPROTO_UDP = 17;

  private static final int SCOPE_UNIVERSE = 0;
  private static final int SCOPE_LINK = 253;
  private static final int SCOPE_NOWHERE = 255;
  private static final int FLAG_CLONED = 0x200;

  private static final Route.Type[] TYPES = Route.Type.values();

  private final Rtnetlink netlink;

  Routes(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  public List<Route> list(RouteFilter filter) throws SystemCallException {
    var request = header(Rtm.GETROUTE, NetlinkRequest.DUMP, 0, 0, filter.protocol(), 0, 0);
    if (filter.table() != 0) {
      request.attribute(RTA_TABLE, filter.table());
    }
    if (filter.linkIndex() != 0) {
      request.attribute(RTA_OIF, filter.linkIndex());
    }
    // Kernels before 4.20 ignore the filter, so it is applied here as well.
    return netlink.exchange(
        request,
        "list routes",
        message -> {
          var route = read(message);
          return route != null && filter.matches(route) ? route : null;
        });
  }

  /**
   * The gateways of all default routes, of all tables and both families, every next hop of a
   * multipath route among them.
   */
  public Set<DefaultGateway> defaultGateways() throws SystemCallException {
    var request = header(Rtm.GETROUTE, NetlinkRequest.DUMP, 0, 0, 0, 0, 0);
    var gateways = new LinkedHashSet<DefaultGateway>();
    netlink.exchange(request, "list default routes", Routes::gatewaysOf).forEach(gateways::addAll);
    return gateways;
  }

  /** The next hops of the unicast routes of a table, each one of a multipath route among them. */
  public List<RouteHop> hops(int table) throws SystemCallException {
    var request = header(Rtm.GETROUTE, NetlinkRequest.DUMP, 0, 0, 0, 0, 0);
    request.attribute(RTA_TABLE, table);
    var hops = new ArrayList<RouteHop>();
    netlink
        .exchange(request, "list the next hops of routes", message -> hopsOf(message, table))
        .forEach(hops::addAll);
    return hops;
  }

  private static @Nullable List<RouteHop> hopsOf(NetlinkMessage message, int table) {
    var route = read(message);
    // Kernels before 4.20 list all tables.
    if (route == null || route.type() != Route.Type.UNICAST || route.table() != table) {
      return null;
    }
    var attributes = message.attributes(RTMSG_BYTES);
    int mtu = attributes.nested(RTA_METRICS).intOr(RTAX_MTU, 0);
    var hops = new ArrayList<RouteHop>();
    if (route.linkIndex() != 0) {
      hops.add(new RouteHop(route.destination(), route.linkIndex(), mtu));
    }
    attributes.forEachNextHop(
        RTA_MULTIPATH, (_, link) -> hops.add(new RouteHop(route.destination(), link, mtu)));
    return hops;
  }

  private static @Nullable List<DefaultGateway> gatewaysOf(NetlinkMessage message) {
    if (!Families.known(message.u8(0))
        || message.u8(1) != 0
        || message.u8(7) != Route.Type.UNICAST.number()
        || (message.i32(8) & FLAG_CLONED) != 0) {
      return null;
    }
    var attributes = message.attributes(RTMSG_BYTES);
    var gateways = new ArrayList<DefaultGateway>();
    addGateway(attributes, attributes.intOr(RTA_OIF, 0), gateways);
    attributes.forEachNextHop(RTA_MULTIPATH, (hop, link) -> addGateway(hop, link, gateways));
    return gateways;
  }

  /** An IPv4 route may have an IPv6 gateway, which is another attribute. */
  private static void addGateway(Attributes attributes, int link, List<DefaultGateway> gateways) {
    var gateway = attributes.address(RTA_GATEWAY);
    var other = attributes.addressWithFamily(RTA_VIA);
    if (gateway != null) {
      gateways.add(new DefaultGateway(gateway, link));
    }
    if (other != null) {
      gateways.add(new DefaultGateway(other, link));
    }
  }

  /**
   * The interface by which a UDP datagram would leave now, with this source and mark. Ports matter
   * where several routes are equally good.
   *
   * @return 0 if the kernel does not report one
   * @throws SystemCallException with EINVAL if the (IPv4) source is not assigned to this host, with
   *     ENETUNREACH or EHOSTUNREACH if there is no route
   */
  public int interfaceTo(
      IpAddress destination, int destinationPort, IpAddress source, int sourcePort, int mark)
      throws SystemCallException {
    int bits = destination.isV4() ? Integer.SIZE : 2 * Long.SIZE;
    var request =
        new NetlinkRequest(Rtm.GETROUTE, 0)
            .u8(Families.number(destination.family()))
            .u8(bits)
            .u8(bits)
            .u8(0)
            .u32(0)
            .u32(0)
            .attribute(RTA_DST, destination)
            .attribute(RTA_SRC, source)
            .attribute(RTA_IP_PROTO, IPPROTO_UDP)
            .port(RTA_SPORT, sourcePort)
            .port(RTA_DPORT, destinationPort);
    if (mark != 0) {
      request.attribute(RTA_MARK, mark);
    }
    var links =
        netlink.exchange(
            request,
            "find the route to " + destination + " from " + source,
            message -> message.attributes(RTMSG_BYTES).intOr(RTA_OIF, 0));
    return links.isEmpty() ? 0 : links.getFirst();
  }

  /**
   * @throws SystemCallException with EEXIST if there is one with this destination, metric and table
   */
  public void add(Route route) throws SystemCallException {
    netlink.execute(
        request(Rtm.NEWROUTE, NetlinkRequest.CREATE | NetlinkRequest.EXCLUSIVE, route),
        "add " + words(route));
  }

  /** Adds a route, replacing the one with the same destination, metric and table, if any. */
  public void replace(Route route) throws SystemCallException {
    netlink.execute(
        request(Rtm.NEWROUTE, NetlinkRequest.CREATE | NetlinkRequest.REPLACE, route),
        "replace " + words(route));
  }

  /**
   * @throws SystemCallException with ESRCH if there is no such route
   */
  public void delete(Route route) throws SystemCallException {
    netlink.execute(request(Rtm.DELROUTE, 0, route), "delete " + words(route));
  }

  private static String words(Route route) {
    return "route "
        + (route.type() == Route.Type.UNICAST ? "" : route.type().name().toLowerCase() + " ")
        + route.destination()
        + (route.gateway() == null ? "" : " via " + route.gateway())
        + (route.linkIndex() == 0 ? "" : " dev " + route.linkIndex())
        + " table "
        + Integer.toUnsignedString(route.table())
        + (route.metric() == 0 ? "" : " metric " + Integer.toUnsignedString(route.metric()));
  }

  private static NetlinkRequest request(int type, int flags, Route route) {
    var destination = route.destination();
    var request =
        header(
            type,
            flags,
            Families.number(destination.family()),
            destination.length(),
            route.protocol(),
            type == Rtm.DELROUTE ? SCOPE_NOWHERE : scope(route),
            route.type().number());
    if (destination.length() > 0) {
      request.attribute(RTA_DST, destination.address());
    }
    request.attribute(RTA_TABLE, route.table());
    if (route.linkIndex() != 0) {
      request.attribute(RTA_OIF, route.linkIndex());
    }
    if (route.gateway() != null) {
      request.attribute(RTA_GATEWAY, route.gateway());
    }
    if (route.metric() != 0) {
      request.attribute(RTA_PRIORITY, route.metric());
    }
    if (route.preferredSource() != null) {
      request.attribute(RTA_PREFSRC, route.preferredSource());
    }
    return request;
  }

  private static int scope(Route route) {
    boolean onLink = route.type() == Route.Type.UNICAST && route.gateway() == null;
    return onLink && route.destination().address().isV4() ? SCOPE_LINK : SCOPE_UNIVERSE;
  }

  private static NetlinkRequest header(
      int type, int flags, int family, int length, int protocol, int scope, int routeType) {
    return new NetlinkRequest(type, flags)
        .u8(family)
        .u8(length)
        .u8(0)
        .u8(0)
        .u8(0)
        .u8(protocol)
        .u8(scope)
        .u8(routeType)
        .u32(0);
  }

  static @Nullable Route read(NetlinkMessage message) {
    int routeType = message.u8(7);
    if (!Families.known(message.u8(0))
        || routeType < 1
        || routeType > TYPES.length
        || (message.i32(8) & FLAG_CLONED) != 0) {
      return null;
    }
    var family = Families.of(message.u8(0));
    var type = TYPES[routeType - 1];
    var attributes = message.attributes(RTMSG_BYTES);
    var destination = attributes.address(RTA_DST);
    return new Route(
        type,
        new IpPrefix(destination != null ? destination : Families.any(family), message.u8(1)),
        attributes.intOr(RTA_TABLE, message.u8(4)),
        message.u8(5),
        new Route.Hop(
            // IPv6 attaches routes without an interface to lo.
            type.hasLink() ? attributes.intOr(RTA_OIF, 0) : 0, attributes.address(RTA_GATEWAY)),
        attributes.intOr(RTA_PRIORITY, 0),
        attributes.address(RTA_PREFSRC));
  }
}
