package dev.wiremesh.agent.host;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.linux.netlink.Route;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What stands in a network's table: its routes, and a throw for each directly connected prefix
 * inside them, so that the node's own neighbourhood is never sent into the tunnel. A route that
 * lies within what is connected is left out altogether.
 */
record RoutePlanner(int table, int linkIndex) {
  /**
   * @param notes one sentence for each route that is left out
   */
  record Planned(Set<Route> routes, List<String> notes) {}

  Planned plan(Collection<IpPrefix> destinations, Collection<IpPrefix> connected) {
    var routes = new LinkedHashSet<Route>();
    var notes = new ArrayList<String>();
    var neighbourhood = new TreeSet<>(connected);
    for (var destination : new TreeSet<>(destinations)) {
      var around = around(destination, neighbourhood);
      if (around.isPresent()) {
        notes.add(
            destination
                + " is not routed into the mesh: this node is directly connected to "
                + around.get()
                + ".");
        continue;
      }
      routes.add(
          ours(Route.unicast(destination, linkIndex)).withMetric(OwnershipMarks.ROUTE_METRIC));
    }
    for (var prefix : neighbourhood) {
      if (destinations.stream().anyMatch(destination -> destination.contains(prefix))) {
        routes.add(
            ours(Route.without(Route.Type.THROW, prefix)).withMetric(OwnershipMarks.THROW_METRIC));
      }
    }
    return new Planned(routes, notes);
  }

  private static Optional<IpPrefix> around(IpPrefix destination, Collection<IpPrefix> connected) {
    return connected.stream().filter(prefix -> prefix.contains(destination)).findFirst();
  }

  private Route ours(Route route) {
    return route.withTable(table).withProtocol(OwnershipMarks.PROTOCOL);
  }
}
