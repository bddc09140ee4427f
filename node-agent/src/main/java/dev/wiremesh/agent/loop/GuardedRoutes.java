package dev.wiremesh.agent.loop;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.mapping;
import static java.util.stream.Collectors.toCollection;
import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RouteOrigin;
import dev.wiremesh.core.topology.RoutePlan;
import java.io.IOException;
import java.time.Duration;
import java.util.Collection;
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
 * The Peers' routes of one network: unproven, proven or withdrawn. Owned by the control thread.
 * Withdrawn routes are also in the {@link MeshStore}, so that a restarted agent leaves them out.
 */
final class GuardedRoutes {
  private static final Logger log = LoggerFactory.getLogger(GuardedRoutes.class);

  static final Duration FIRST_PAUSE = Duration.ofMinutes(30);
  private static final Duration LONGEST_PAUSE = Duration.ofHours(8);

  /** A route that hides the API server does so by then. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  /** A withdrawn route, which returns when the routes of its Peer change. */
  private record Withdrawal(Set<IpPrefix> routesOfPeer, MonotonicTime until) {}

  private final String network;
  private final MeshStore store;
  private @Nullable NodePlan plan;
  private Set<RoutePlan> ofPeers = Set.of();
  private final Map<RoutePlan, MonotonicTime> unproven = new HashMap<>();
  private final Set<RoutePlan> proven = new HashSet<>();
  private final Map<RoutePlan, Withdrawal> withdrawn = new HashMap<>();

  /** The length of each route's last withdrawal. */
  private final Map<RoutePlan, Duration> pauses = new HashMap<>();

  private GuardedRoutes(String network, MeshStore store) {
    this.network = network;
    this.store = store;
  }

  /** The network's routes with the withdrawn ones of an earlier agent. */
  static GuardedRoutes load(String network, MeshStore store, MonotonicTime now) {
    var routes = new GuardedRoutes(network, store);
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

  /** The routes of this plan that must not be programmed now. */
  Set<RoutePlan> withdrawn(NodePlan wanted, MonotonicTime now) {
    var before = Set.copyOf(withdrawn.keySet());
    if (!wanted.equals(plan)) {
      takePlan(wanted);
    }
    withdrawn.values().removeIf(withdrawal -> !now.isBefore(withdrawal.until()));
    if (!before.equals(withdrawn.keySet())) {
      save();
    }
    return Set.copyOf(withdrawn.keySet());
  }

  private void takePlan(NodePlan wanted) {
    plan = wanted;
    ofPeers =
        wanted.routing().routes().stream()
            .filter(route -> route.origin().kind() == RouteOrigin.Kind.PEER)
            .collect(toSet());
    unproven.keySet().retainAll(ofPeers);
    proven.retainAll(ofPeers);
    withdrawn
        .entrySet()
        .removeIf(entry -> {
          var route = entry.getKey();
          var changed = !routesOf(route.origin()).equals(entry.getValue().routesOfPeer());
          if (changed) {
            pauses.remove(route);
          }
          return changed || !ofPeers.contains(route);
        });
    pauses.keySet().retainAll(ofPeers);
  }

  private Set<IpPrefix> routesOf(RouteOrigin peer) {
    return ofPeers.stream()
        .filter(route -> route.origin().equals(peer))
        .map(RoutePlan::destination)
        .collect(toSet());
  }

  /**
   * The routes, apart from the withdrawn ones, are in the host's table; returns whether one of them
   * is newly there.
   */
  boolean programmed(MonotonicTime now) {
    boolean added = false;
    for (var route : ofPeers) {
      if (withdrawn.containsKey(route)) {
        unproven.remove(route);
        proven.remove(route);
      } else if (!proven.contains(route) && unproven.putIfAbsent(route, now) == null) {
        added = true;
      }
    }
    return added;
  }

  boolean hasUnproven() {
    return !unproven.isEmpty();
  }

  /** The unproven routes, sorted. */
  Collection<RoutePlan> unproven() {
    return new TreeSet<>(unproven.keySet());
  }

  /** Routes that are not withdrawn and contain an address of the API server, sorted. */
  List<RoutePlan> programmedTo(Set<ApiTarget> targets) {
    return ofPeers.stream()
        .filter(route -> !withdrawn.containsKey(route))
        .filter(
            route -> targets.stream().anyMatch(it -> route.destination().contains(it.address())))
        .sorted()
        .toList();
  }

  /** Routes that had their time when the probe began do not hide the API server. */
  void prove(MonotonicTime probedAt) {
    unproven
        .entrySet()
        .removeIf(entry -> {
          boolean settled = !probedAt.isBefore(entry.getValue().plus(SETTLED));
          if (settled) {
            proven.add(entry.getKey());
            pauses.remove(entry.getKey());
          }
          return settled;
        });
  }

  /** The pause of a route that is withdrawn alone; doubles each time. */
  Duration pauseAlone(RoutePlan route) {
    var last = pauses.get(route);
    return last == null ? FIRST_PAUSE : longer(last);
  }

  static Duration longer(Duration pause) {
    var doubled = pause.multipliedBy(2);
    return doubled.compareTo(LONGEST_PAUSE) > 0 ? LONGEST_PAUSE : doubled;
  }

  /** Withdraws a route for a pause; {@link #save} persists it. */
  void withdraw(RoutePlan route, Duration pause, Set<ApiTarget> targets, MonotonicTime now) {
    if (pause.compareTo(FIRST_PAUSE) >= 0) {
      pauses.put(route, pause);
    }
    unproven.remove(route);
    proven.remove(route);
    withdrawn.put(route, new Withdrawal(routesOf(route.origin()), now.plus(pause)));
    log.atWarn()
        .addKeyValue("network", network)
        .addKeyValue("peer", route.origin().name())
        .addKeyValue("route", route.destination())
        .addKeyValue("apiServer", targets)
        .addKeyValue("pause", pause)
        .log("Route withdrawn: with it the API server cannot be reached");
  }

  void save() {
    var byPeer =
        withdrawn.keySet().stream()
            .collect(
                groupingBy(
                    route -> route.origin().name(),
                    mapping(RoutePlan::destination, toCollection(TreeSet::new))));
    var saved = new HashMap<String, MeshStore.WithdrawnRoutes>();
    byPeer.forEach((peer, cidrs) -> {
      var origin = new RouteOrigin(RouteOrigin.Kind.PEER, peer);
      saved.put(peer, new MeshStore.WithdrawnRoutes(routesOf(origin), cidrs));
    });
    try {
      store.saveWithdrawn(network, saved);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("network", network)
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Withdrawn routes not saved; a restarted agent will program them again");
    }
  }
}
