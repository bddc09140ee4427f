package dev.wiremesh.agent.loop;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.bypass.ApiProbe.Result;
import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RouteOrigin;
import dev.wiremesh.core.topology.RoutePlan;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Withdraws routes of Peers with which this node cannot reach the API server. Owned by the control
 * thread.
 *
 * <p>A route is unproven from when it is programmed until a probe reaches the API server with it.
 * While there are unproven routes, or the agent hears nothing from the API server, the API server
 * is probed with and without our mark. A route of ours hides it if only the marked connection
 * opens, twice in a row. Then the routes to the address of the API server are withdrawn; if there
 * are none (because the address is translated on its way), the unproven ones are.
 *
 * <p>Where the node's strict reverse path filter would drop the replies to the marked packets, the
 * probe cannot tell a route that hides the API server from an API server that is down. Then the
 * unproven routes are left out for a short trial: if the API server is reached without them, they
 * are withdrawn, else they return.
 *
 * <p>A withdrawn route stays out until the routes of its Peer change, or a long time has passed,
 * also over a restart. Of several unproven routes that were withdrawn together each half is tried
 * again soon, so that the guilty one is found.
 */
final class RouteGuard {
  private static final Logger log = LoggerFactory.getLogger(RouteGuard.class);

  private static final Duration PROBE_EVERY = Duration.ofSeconds(2);

  /** While the agent hears nothing, or the API server does not answer either way. */
  private static final Duration PROBE_WITHOUT_CAUSE_EVERY = Duration.ofSeconds(10);

  /** A route that hides the API server does so by then. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  /** Blocked probes in a row until routes are withdrawn. */
  private static final int BLOCKED_PROBES = 2;

  private static final Duration SECOND_LOOK = Duration.ofSeconds(30);
  private static final Duration FIRST_PAUSE = Duration.ofMinutes(30);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(8);

  /** Routes that are left out to see whether the API server is reached without them. */
  private record Trial(
      List<Map.Entry<String, RoutePlan>> routes, Set<ApiTarget> targets, MonotonicTime begun) {
    boolean isOver(MonotonicTime now) {
      return !now.isBefore(begun.plus(SECOND_LOOK));
    }
  }

  private record Withdrawal(Set<IpPrefix> routesOfPeer, MonotonicTime until) {}

  /** The Peers' routes of one network. */
  private static final class NetworkRoutes {
    @Nullable NodePlan plan;
    Set<RoutePlan> ofPeers = Set.of();
    final Map<RoutePlan, MonotonicTime> unproven = new HashMap<>();
    final Set<RoutePlan> proven = new HashSet<>();
    final Map<RoutePlan, Withdrawal> withdrawn = new HashMap<>();

    /** How long each route was withdrawn the last time. */
    final Map<RoutePlan, Duration> pauses = new HashMap<>();

    Set<IpPrefix> routesOf(RouteOrigin peer) {
      return ofPeers.stream()
          .filter(route -> route.origin().equals(peer))
          .map(RoutePlan::destination)
          .collect(toSet());
    }
  }

  private final ApiAccess api;
  private final MeshStore store;
  private final Map<String, NetworkRoutes> networks = new HashMap<>();

  private MonotonicTime nextProbe = MonotonicTime.LONG_AGO;
  private MonotonicTime probedAt = MonotonicTime.LONG_AGO;
  private int blockedProbes;
  private boolean toldWithoutRoutes;

  private @Nullable Trial trial;
  private MonotonicTime nextTrial = MonotonicTime.LONG_AGO;
  private Duration trialPause = FIRST_PAUSE;

  RouteGuard(ApiAccess api, MeshStore store) {
    this.api = api;
    this.store = store;
  }

  /** The routes of a network's plan that must not be programmed now. */
  Set<RoutePlan> withdrawn(String network, NodePlan plan, MonotonicTime now) {
    var routes = networks.computeIfAbsent(network, name -> load(name, now));
    var before = Set.copyOf(routes.withdrawn.keySet());
    if (!plan.equals(routes.plan)) {
      takePlan(routes, plan);
    }
    routes.withdrawn.values().removeIf(withdrawal -> !now.isBefore(withdrawal.until()));
    if (!before.equals(routes.withdrawn.keySet())) {
      save(network, routes);
    }
    return Set.copyOf(routes.withdrawn.keySet());
  }

  private static void takePlan(NetworkRoutes routes, NodePlan plan) {
    routes.plan = plan;
    routes.ofPeers =
        plan.routing().routes().stream()
            .filter(route -> route.origin().kind() == RouteOrigin.Kind.PEER)
            .collect(toSet());
    routes.unproven.keySet().retainAll(routes.ofPeers);
    routes.proven.retainAll(routes.ofPeers);
    routes
        .withdrawn
        .entrySet()
        .removeIf(entry -> {
          var route = entry.getKey();
          var changed = !routes.routesOf(route.origin()).equals(entry.getValue().routesOfPeer());
          if (changed) {
            routes.pauses.remove(route);
          }
          return changed || !routes.ofPeers.contains(route);
        });
    routes.pauses.keySet().retainAll(routes.ofPeers);
  }

  /** The network's routes, apart from the withdrawn ones, are in the host's table. */
  void programmed(String network, MonotonicTime now) {
    var routes = networks.get(network);
    if (routes == null) {
      return;
    }
    for (var route : routes.ofPeers) {
      if (routes.withdrawn.containsKey(route)) {
        routes.unproven.remove(route);
        routes.proven.remove(route);
      } else if (!routes.proven.contains(route)
          && routes.unproven.putIfAbsent(route, now) == null) {
        nextProbe = now.plus(PROBE_EVERY);
      }
    }
  }

  /** Forgets other networks than these. */
  void retain(Set<String> names) {
    networks.keySet().retainAll(names);
  }

  /**
   * Probes the API server where that is due, and judges the last probe.
   *
   * @param silent whether the agent hears nothing from the API server
   * @return whether routes were withdrawn
   */
  boolean check(boolean silent, MonotonicTime now) {
    boolean withdrew = api.probe().take().map(result -> judge(result, now)).orElse(false);
    endTrial(now);
    boolean unproven = networks.values().stream().anyMatch(routes -> !routes.unproven.isEmpty());
    if ((unproven || silent || trial != null) && !now.isBefore(nextProbe)) {
      var targets = api.bypass().apiTargets();
      if (!targets.isEmpty()) {
        probedAt = now;
        nextProbe = now.plus(unproven || trial != null ? PROBE_EVERY : PROBE_WITHOUT_CAUSE_EVERY);
        api.probe().start(targets);
      }
    }
    return withdrew;
  }

  private boolean judge(Result result, MonotonicTime now) {
    switch (result) {
      case Result.Reached() -> {
        blockedProbes = 0;
        toldWithoutRoutes = false;
        var ended = trial;
        if (ended != null && !probedAt.isBefore(ended.begun().plus(PROBE_EVERY))) {
          trial = null;
          allowTrials();
          withdraw(ended.routes(), ended.targets(), now);
          networks.forEach(this::save);
          return true;
        }
        allowTrials();
        networks.values().forEach(this::prove);
      }
      case Result.Unreachable() -> {
        blockedProbes = 0;
        nextProbe = now.plus(PROBE_WITHOUT_CAUSE_EVERY);
      }
      case Result.Filtered(var targets) -> {
        blockedProbes++;
        if (blockedProbes >= BLOCKED_PROBES) {
          blockedProbes = 0;
          nextProbe = now.plus(PROBE_WITHOUT_CAUSE_EVERY);
          return beginTrial(targets, now);
        }
      }
      case Result.Blocked(var targets) -> {
        blockedProbes++;
        if (blockedProbes >= BLOCKED_PROBES) {
          blockedProbes = 0;
          return withdraw(targets, now);
        }
      }
    }
    return false;
  }

  /** Routes that had their time when the probe began do not hide the API server. */
  private void prove(NetworkRoutes routes) {
    routes
        .unproven
        .entrySet()
        .removeIf(entry -> {
          boolean settled = !probedAt.isBefore(entry.getValue().plus(SETTLED));
          if (settled) {
            routes.proven.add(entry.getKey());
            routes.pauses.remove(entry.getKey());
          }
          return settled;
        });
  }

  private boolean withdraw(Set<ApiTarget> targets, MonotonicTime now) {
    var guilty = new HashMap<String, List<RoutePlan>>();
    networks.forEach((network, routes) -> {
      var covering =
          routes.ofPeers.stream()
              .filter(route -> !routes.withdrawn.containsKey(route))
              .filter(route ->
                  targets.stream().anyMatch(it -> route.destination().contains(it.address())))
              .sorted()
              .toList();
      if (!covering.isEmpty()) {
        guilty.put(network, covering);
      }
    });
    if (!guilty.isEmpty()) {
      guilty.forEach((network, routes) -> {
        for (var route : routes) {
          withdraw(network, route, pause(network, route), targets, now);
        }
      });
    } else {
      withdrawUnproven(targets, now);
    }
    networks.forEach(this::save);
    return true;
  }

  private boolean beginTrial(Set<ApiTarget> targets, MonotonicTime now) {
    var suspects = unproven();
    if (trial != null || suspects.isEmpty() || now.isBefore(nextTrial)) {
      return false;
    }
    trial = new Trial(suspects, targets, now);
    nextTrial = now.plus(trialPause);
    trialPause = longer(trialPause);
    nextProbe = now.plus(PROBE_EVERY);
    for (var suspect : suspects) {
      withdraw(suspect.getKey(), suspect.getValue(), SECOND_LOOK, targets, now);
    }
    return true;
  }

  private void allowTrials() {
    nextTrial = MonotonicTime.LONG_AGO;
    trialPause = FIRST_PAUSE;
  }

  /** The API server was not reached without the routes either: it is down, and they return. */
  private void endTrial(MonotonicTime now) {
    if (trial != null && trial.isOver(now)) {
      trial = null;
    }
  }

  private void withdrawUnproven(Set<ApiTarget> targets, MonotonicTime now) {
    var suspects = unproven();
    if (suspects.isEmpty() && !toldWithoutRoutes) {
      toldWithoutRoutes = true;
      log.atWarn()
          .addKeyValue("apiServer", targets)
          .log("The API server is reached only beside the mesh, and no route of a Peer hides it");
    }
    withdraw(suspects, targets, now);
  }

  private List<Map.Entry<String, RoutePlan>> unproven() {
    var unproven = new ArrayList<Map.Entry<String, RoutePlan>>();
    networks.forEach((network, routes) ->
        new TreeSet<>(routes.unproven.keySet())
            .forEach(route -> unproven.add(Map.entry(network, route))));
    return unproven;
  }

  /** One of these hides the API server: a single one for long, else each half is tried again. */
  private void withdraw(
      List<Map.Entry<String, RoutePlan>> suspects, Set<ApiTarget> targets, MonotonicTime now) {
    if (suspects.size() == 1) {
      var only = suspects.getFirst();
      withdraw(only.getKey(), only.getValue(), pause(only.getKey(), only.getValue()), targets, now);
      return;
    }
    for (int i = 0; i < suspects.size(); i++) {
      var suspect = suspects.get(i);
      int half = i < suspects.size() / 2 ? 1 : 2;
      withdraw(suspect.getKey(), suspect.getValue(), SECOND_LOOK.multipliedBy(half), targets, now);
    }
  }

  /** Doubles each time that the route is withdrawn alone. */
  private Duration pause(String network, RoutePlan route) {
    var routes = networks.get(network);
    var last = routes == null ? null : routes.pauses.get(route);
    return last == null ? FIRST_PAUSE : longer(last);
  }

  private static Duration longer(Duration pause) {
    var doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  private void withdraw(
      String network, RoutePlan route, Duration pause, Set<ApiTarget> targets, MonotonicTime now) {
    var routes = networks.get(network);
    if (routes == null) {
      return;
    }
    if (pause.compareTo(FIRST_PAUSE) >= 0) {
      routes.pauses.put(route, pause);
    }
    routes.unproven.remove(route);
    routes.proven.remove(route);
    routes.withdrawn.put(route, new Withdrawal(routes.routesOf(route.origin()), now.plus(pause)));
    log.atWarn()
        .addKeyValue("network", network)
        .addKeyValue("peer", route.origin().name())
        .addKeyValue("route", route.destination())
        .addKeyValue("apiServer", targets)
        .addKeyValue("pause", pause)
        .log("Route withdrawn: with it the API server cannot be reached");
  }

  private NetworkRoutes load(String network, MonotonicTime now) {
    var routes = new NetworkRoutes();
    store
        .withdrawn(network)
        .forEach((peer, withdrawn) ->
            withdrawn
                .withdrawn()
                .forEach(cidr -> {
                  var origin = new RouteOrigin(RouteOrigin.Kind.PEER, peer);
                  routes.withdrawn.put(
                      RoutePlan.toDevice(cidr, origin),
                      new Withdrawal(withdrawn.routes(), now.plus(FIRST_PAUSE)));
                }));
    return routes;
  }

  private void save(String network, NetworkRoutes routes) {
    var byPeer =
        routes.withdrawn.keySet().stream()
            .collect(
                groupingBy(
                    route -> route.origin().name(),
                    mapping(RoutePlan::destination, toCollection(TreeSet::new))));
    var withdrawn = new HashMap<String, MeshStore.WithdrawnRoutes>();
    byPeer.forEach((peer, cidrs) -> {
      var origin = new RouteOrigin(RouteOrigin.Kind.PEER, peer);
      withdrawn.put(peer, new MeshStore.WithdrawnRoutes(routes.routesOf(origin), cidrs));
    });
    try {
      store.saveWithdrawn(network, withdrawn);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("network", network)
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Withdrawn routes not saved; a restarted agent will program them again");
    }
  }
}
