package dev.wiremesh.agent.host.route;

import dev.wiremesh.agent.host.route.RouteFinding.Cause;
import dev.wiremesh.agent.host.route.Surroundings.Connected;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RouteOrigin;
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
 * Computes the kernel routes of a network's table, with their metrics.
 *
 * <p>Beside the planned routes there are throw routes inside them, so that packets to these
 * destinations never enter the tunnel: the prefixes that the node is directly connected to, its
 * default gateways, the API server and the node's resolvers. A Peer's route inside a connected
 * prefix, or to one of these addresses alone, is left out.
 *
 * <p>An address pool inside a connected prefix is routed as the longer prefix that it is, unless
 * the node itself or a default gateway has an address in it. Addresses of the API server and of
 * resolvers inside a pool are reached by the mesh: nothing outside it can have them.
 *
 * @param linkIndex of the network's device
 */
record RoutePlanner(int linkIndex) {
  /** Metric of routes into the device. */
  static final int METRIC = 512;

  /** Metric of throw routes: lower than {@link #METRIC}, so that they win. */
  static final int THROW_METRIC = 256;

  /** Routes of the kernel, and findings about those that are not as planned. */
  record Planned(Set<Route> routes, List<RouteFinding> findings) {}

  /**
   * @param supported families without kernel support have no routes
   */
  Planned plan(RouteTablePlan table, Predicate<IpPrefix> supported, Surroundings surroundings) {
    var routes = new LinkedHashSet<Route>();
    var findings = new ArrayList<RouteFinding>();
    var planned = new TreeSet<>(table.routes());
    planned.removeIf(route -> !supported.test(route.destination()));
    var routed = new ArrayList<RoutePlan>();
    for (var route : planned) {
      switch (route.target()) {
        case NEXT_RULE -> routes.add(thrown(table, route.destination()));
        case DEVICE -> {
          var obstacle = obstacle(route, surroundings);
          if (obstacle.isPresent()) {
            findings.add(obstacle.get());
          } else {
            routed.add(route);
            routes.add(
                ours(table, Route.unicast(route.destination(), linkIndex)).withMetric(METRIC));
          }
        }
      }
    }
    for (var connected : new TreeSet<>(prefixes(surroundings))) {
      if (covers(planned, connected)) {
        routes.add(thrown(table, connected));
      }
    }
    var pools = routed.stream().filter(RoutePlanner::isPool).map(RoutePlan::destination).toList();
    var bypass = new TreeSet<>(surroundings.gateways());
    bypass.addAll(beside("The API server", surroundings.apiServer(), pools, findings));
    bypass.addAll(beside("Resolver", surroundings.resolvers(), pools, findings));
    for (var address : bypass) {
      if (entersTheMesh(address, routes)) {
        routes.add(thrown(table, address.toPrefix()));
      }
    }
    pools.forEach(pool -> cut(pool, surroundings).ifPresent(findings::add));
    return new Planned(routes, findings);
  }

  private static Optional<RouteFinding> obstacle(RoutePlan route, Surroundings surroundings) {
    var destination = route.destination();
    var around =
        surroundings.connected().stream()
            .filter(connected -> connected.prefix().contains(destination))
            .findFirst();
    if (isPool(route)) {
      return around.flatMap(connected -> poolInside(destination, connected, surroundings));
    }
    if (around.isPresent()) {
      return Optional.of(
          new RouteFinding(
              Cause.CONNECTED,
              destination
                  + " is not routed into the mesh: this node is directly connected to "
                  + around.get().prefix()
                  + "."));
    }
    if (destination.isSingleAddress()) {
      return roleOf(destination.address(), surroundings)
          .map(role ->
              new RouteFinding(
                  Cause.BYPASS, destination + " is not routed into the mesh: it is " + role + "."));
    }
    return Optional.empty();
  }

  /** A pool that is longer than the connected prefix wins over it, if the node can spare it. */
  private static Optional<RouteFinding> poolInside(
      IpPrefix pool, Connected connected, Surroundings surroundings) {
    var own =
        surroundings.connected().stream()
            .map(Connected::address)
            .filter(pool::contains)
            .findFirst();
    var gateway = surroundings.gateways().stream().filter(pool::contains).sorted().findFirst();
    String cause;
    if (own.isPresent()) {
      cause = "has the address " + own.get() + " of it on its network";
    } else if (gateway.isPresent()) {
      cause = "has its default gateway " + gateway.get() + " in it";
    } else if (pool.equals(connected.prefix())) {
      cause = "has the whole prefix on its network";
    } else {
      return Optional.empty();
    }
    return Optional.of(
        new RouteFinding(
            Cause.POOL_LEFT_OUT,
            "Pool "
                + pool
                + " is not routed: this node "
                + cause
                + " (interface "
                + connected.interfaceName()
                + ", "
                + connected.prefix()
                + "). Create the network with a pool that the nodes' own networks do not use."));
  }

  /** Connected prefixes and gateways that lie inside a routed pool. */
  private static Optional<RouteFinding> cut(IpPrefix pool, Surroundings surroundings) {
    for (var connected : surroundings.connected()) {
      if (pool.contains(connected.prefix()) && !pool.equals(connected.prefix())) {
        return Optional.of(
            cutBy(
                pool,
                connected.prefix()
                    + " of it is directly connected at interface "
                    + connected.interfaceName()));
      }
    }
    return surroundings.gateways().stream()
        .filter(pool::contains)
        .sorted()
        .findFirst()
        .map(gateway -> cutBy(pool, gateway + " of it is a default gateway"));
  }

  private static RouteFinding cutBy(IpPrefix pool, String cause) {
    return new RouteFinding(
        Cause.POOL_CUT,
        "Pool "
            + pool
            + " is not routed as a whole: "
            + cause
            + ". Create the network with a pool that the nodes' own networks do not use.");
  }

  private static Optional<String> roleOf(IpAddress address, Surroundings surroundings) {
    if (surroundings.apiServer().contains(address)) {
      return Optional.of("the API server");
    }
    if (surroundings.resolvers().contains(address)) {
      return Optional.of("a resolver of this node");
    }
    return surroundings.gateways().contains(address)
        ? Optional.of("a default gateway of this node")
        : Optional.empty();
  }

  /** The addresses that are not members of the mesh. */
  private static Set<IpAddress> beside(
      String role,
      Set<IpAddress> addresses,
      Collection<IpPrefix> pools,
      List<RouteFinding> findings) {
    var beside = new TreeSet<IpAddress>();
    for (var address : new TreeSet<>(addresses)) {
      var pool = pools.stream().filter(prefix -> prefix.contains(address)).findFirst();
      if (pool.isPresent()) {
        findings.add(
            new RouteFinding(
                Cause.INSIDE_POOL,
                role
                    + " "
                    + address
                    + " has an address of pool "
                    + pool.get()
                    + ": it is reached by the mesh."));
      } else {
        beside.add(address);
      }
    }
    return beside;
  }

  /** Whether the longest match of an address leads into the device. */
  private static boolean entersTheMesh(IpAddress address, Set<Route> routes) {
    return longest(address, Route.Type.UNICAST, routes)
        > longest(address, Route.Type.THROW, routes);
  }

  private static int longest(IpAddress address, Route.Type type, Set<Route> routes) {
    return routes.stream()
        .filter(route -> route.type() == type && route.destination().contains(address))
        .mapToInt(route -> route.destination().length())
        .max()
        .orElse(-1);
  }

  private static boolean covers(Collection<RoutePlan> planned, IpPrefix prefix) {
    return planned.stream().anyMatch(route -> route.destination().contains(prefix));
  }

  private static boolean isPool(RoutePlan route) {
    return route.origin().kind() == RouteOrigin.Kind.POOL;
  }

  private static Collection<IpPrefix> prefixes(Surroundings surroundings) {
    return surroundings.connected().stream().map(Connected::prefix).toList();
  }

  private static Route thrown(RouteTablePlan table, IpPrefix destination) {
    return ours(table, Route.without(Route.Type.THROW, destination)).withMetric(THROW_METRIC);
  }

  private static Route ours(RouteTablePlan table, Route route) {
    return route.withTable(table.number()).withProtocol(OwnershipMarks.PROTOCOL);
  }
}
