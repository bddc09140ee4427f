package dev.wiremesh.agent.host.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.wireguard.linux.netlink.Route;
import dev.wiremesh.wireguard.linux.netlink.RouteFilter;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The routes of networks on the host: those of {@link OwnershipMarks#PROTOCOL}. Owned by the
 * control thread.
 */
public final class HostRoutes {
  private final Rtnetlink netlink;

  public HostRoutes(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /**
   * Makes the table's routes be as planned.
   *
   * @param linkIndex of the network's device
   * @param changes gets a line for each change
   * @return routes that are not as planned
   */
  public List<RouteFinding> apply(
      RouteTablePlan table,
      int linkIndex,
      Predicate<IpPrefix> supported,
      Surroundings surroundings,
      List<String> changes)
      throws IOException {
    var planned = new RoutePlanner(linkIndex).plan(table, supported, surroundings);
    var present = ofTable(table.number());
    for (var route : planned.routes()) {
      if (!present.contains(route)) {
        netlink.routes().replace(route);
        changes.add("add route " + text(route));
      }
    }
    for (var route : present) {
      if (!planned.routes().contains(route)) {
        netlink.routes().delete(route);
        changes.add("delete route " + text(route));
      }
    }
    return planned.findings();
  }

  /** Deletes our routes of a table. */
  public void removeTable(int table) throws IOException {
    for (var route : ofTable(table)) {
      netlink.routes().delete(route);
    }
  }

  /** Whether any of our routes leads to the interface. */
  public boolean leadTo(int linkIndex) throws IOException {
    var filter = RouteFilter.any().withProtocol(OwnershipMarks.PROTOCOL).withLink(linkIndex);
    return !netlink.routes().list(filter).isEmpty();
  }

  private Set<Route> ofTable(int table) throws IOException {
    var filter = RouteFilter.ofTable(table).withProtocol(OwnershipMarks.PROTOCOL);
    var routes = new LinkedHashSet<Route>();
    for (var route : netlink.routes().list(filter)) {
      routes.add(route.type() == Route.Type.THROW ? withoutLink(route) : route);
    }
    return routes;
  }

  /** The kernel shows IPv6 throw routes with the loopback interface. */
  private static Route withoutLink(Route route) {
    return Route.without(route.type(), route.destination())
        .withTable(route.table())
        .withProtocol(route.protocol())
        .withMetric(route.metric());
  }

  private static String text(Route route) {
    return (route.type() == Route.Type.THROW ? "throw " : "") + route.destination();
  }
}
