package dev.wiremesh.agent.host.route;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.wireguard.linux.netlink.Route;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Computes the kernel routes of a network's table, with their metrics. Beside the planned routes
 * there is a throw route for each directly connected prefix inside them, so that packets to the
 * node's own subnets never enter the tunnel. A planned route inside a connected prefix is left out.
 *
 * @param linkIndex of the network's device
 */
record RoutePlanner(int linkIndex) {
  /** Metric of routes into the device. */
  static final int METRIC = 512;

  /** Metric of throw routes: lower than {@link #METRIC}, so that they win. */
  static final int THROW_METRIC = 256;

  /**
   * @param notes one sentence for each route that is left out
   */
  record Planned(Set<Route> routes, List<String> notes) {}

  /**
   * @param supported families without kernel support have no routes
   * @param connected prefixes that the node is directly connected to
   */
  Planned plan(
      RouteTablePlan table, Predicate<IpPrefix> supported, Collection<IpPrefix> connected) {
    var routes = new LinkedHashSet<Route>();
    var notes = new ArrayList<String>();
    var neighbours = new TreeSet<>(connected);
    var planned = new TreeSet<>(table.routes());
    planned.removeIf(route -> !supported.test(route.destination()));
    for (var route : planned) {
      var destination = route.destination();
      switch (route.target()) {
        case NEXT_RULE -> routes.add(thrown(table, destination));
        case DEVICE -> {
          var around = around(destination, neighbours);
          if (around.isPresent()) {
            notes.add(
                destination
                    + " is not routed into the mesh: this node is directly connected to "
                    + around.get()
                    + ".");
          } else {
            routes.add(ours(table, Route.unicast(destination, linkIndex)).withMetric(METRIC));
          }
        }
      }
    }
    for (var prefix : neighbours) {
      if (planned.stream().map(RoutePlan::destination).anyMatch(it -> it.contains(prefix))) {
        routes.add(thrown(table, prefix));
      }
    }
    return new Planned(routes, notes);
  }

  private static Optional<IpPrefix> around(IpPrefix destination, Collection<IpPrefix> connected) {
    return connected.stream().filter(prefix -> prefix.contains(destination)).findFirst();
  }

  private static Route thrown(RouteTablePlan table, IpPrefix destination) {
    return ours(table, Route.without(Route.Type.THROW, destination)).withMetric(THROW_METRIC);
  }

  private static Route ours(RouteTablePlan table, Route route) {
    return route.withTable(table.number()).withProtocol(OwnershipMarks.PROTOCOL);
  }
}
