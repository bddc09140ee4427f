package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.bypass.ApiAccess;
import dev.wiremesh.agent.bypass.ApiProbe.Result;
import dev.wiremesh.agent.bypass.ApiTarget;
import dev.wiremesh.agent.state.MeshStore;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RoutePlan;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Withdraws routes of Peers with which this node cannot reach the API server. Owned by the control
 * thread.
 *
 * <p>A route is unproven from when it is programmed until a probe reaches the API server with it.
 * While there are unproven routes, or the agent gets no events from the API server, the API server
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
 * again soon, so that the one that hides the API server is found.
 */
final class RouteGuard {
  private static final Logger log = LoggerFactory.getLogger(RouteGuard.class);

  private static final Duration PROBE_EVERY = Duration.ofSeconds(2);

  /** While the agent gets no events, or the API server does not answer either way. */
  private static final Duration PROBE_WITHOUT_CAUSE_EVERY = Duration.ofSeconds(10);

  /** Blocked probes in a row until routes are withdrawn. */
  private static final int BLOCKED_PROBES = 2;

  private static final Duration SHORT_PAUSE = Duration.ofSeconds(30);

  /** Routes that are left out to see whether the API server is reached without them. */
  private record Trial(
      List<Map.Entry<String, RoutePlan>> routes, Set<ApiTarget> targets, MonotonicTime begun) {
    boolean isOver(MonotonicTime now) {
      return !now.isBefore(begun.plus(SHORT_PAUSE));
    }
  }

  private final ApiAccess api;
  private final MeshStore store;
  private final Map<String, GuardedRoutes> networks = new HashMap<>();

  private MonotonicTime nextProbe = MonotonicTime.LONG_AGO;
  private MonotonicTime probedAt = MonotonicTime.LONG_AGO;
  private int blockedProbes;
  private boolean warnedWithoutRoutes;

  private @Nullable Trial trial;
  private MonotonicTime nextTrial = MonotonicTime.LONG_AGO;
  private Duration trialPause = GuardedRoutes.FIRST_PAUSE;

  RouteGuard(ApiAccess api, MeshStore store) {
    this.api = api;
    this.store = store;
  }

  /** The routes of a network's plan that must not be programmed now. */
  Set<RoutePlan> withdrawn(String network, NodePlan plan, MonotonicTime now) {
    return networks
        .computeIfAbsent(network, name -> GuardedRoutes.load(name, store, now))
        .withdrawn(plan, now);
  }

  /** The network's routes, apart from the withdrawn ones, are in the host's table. */
  void programmed(String network, MonotonicTime now) {
    var routes = networks.get(network);
    if (routes != null && routes.programmed(now)) {
      nextProbe = now.plus(PROBE_EVERY);
    }
  }

  /** Forgets other networks than these. */
  void retain(Set<String> names) {
    networks.keySet().retainAll(names);
  }

  /**
   * Probes the API server where that is due, and acts on the result of the last one.
   *
   * @param silent whether the agent gets no events from the API server
   * @return whether routes were withdrawn
   */
  boolean check(boolean silent, MonotonicTime now) {
    boolean withdrew = api.probe().take().map(result -> act(result, now)).orElse(false);
    endTrial(now);
    boolean unproven = networks.values().stream().anyMatch(GuardedRoutes::hasUnproven);
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

  private boolean act(Result result, MonotonicTime now) {
    switch (result) {
      case Result.Reached() -> {
        blockedProbes = 0;
        warnedWithoutRoutes = false;
        var ended = trial;
        if (ended != null && !probedAt.isBefore(ended.begun().plus(PROBE_EVERY))) {
          trial = null;
          allowTrials();
          withdraw(ended.routes(), ended.targets(), now);
          networks.values().forEach(GuardedRoutes::save);
          return true;
        }
        allowTrials();
        networks.values().forEach(routes -> routes.prove(probedAt));
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

  private boolean withdraw(Set<ApiTarget> targets, MonotonicTime now) {
    var hiding = new HashMap<String, List<RoutePlan>>();
    networks.forEach((network, routes) -> {
      var covering = routes.programmedTo(targets);
      if (!covering.isEmpty()) {
        hiding.put(network, covering);
      }
    });
    if (!hiding.isEmpty()) {
      hiding.forEach((network, routes) -> {
        for (var route : routes) {
          withdrawAlone(network, route, targets, now);
        }
      });
    } else {
      withdrawUnproven(targets, now);
    }
    networks.values().forEach(GuardedRoutes::save);
    return true;
  }

  private boolean beginTrial(Set<ApiTarget> targets, MonotonicTime now) {
    var suspects = unproven();
    if (trial != null || suspects.isEmpty() || now.isBefore(nextTrial)) {
      return false;
    }
    trial = new Trial(suspects, targets, now);
    nextTrial = now.plus(trialPause);
    trialPause = GuardedRoutes.longer(trialPause);
    nextProbe = now.plus(PROBE_EVERY);
    for (var suspect : suspects) {
      withdraw(suspect.getKey(), suspect.getValue(), SHORT_PAUSE, targets, now);
    }
    return true;
  }

  private void allowTrials() {
    nextTrial = MonotonicTime.LONG_AGO;
    trialPause = GuardedRoutes.FIRST_PAUSE;
  }

  /** The API server was not reached without the routes either: it is down, and they return. */
  private void endTrial(MonotonicTime now) {
    if (trial != null && trial.isOver(now)) {
      trial = null;
    }
  }

  private void withdrawUnproven(Set<ApiTarget> targets, MonotonicTime now) {
    var suspects = unproven();
    if (suspects.isEmpty() && !warnedWithoutRoutes) {
      warnedWithoutRoutes = true;
      log.atWarn()
          .addKeyValue("apiServer", targets)
          .log("The API server is reached only beside the mesh, and no route of a Peer hides it");
    }
    withdraw(suspects, targets, now);
  }

  private List<Map.Entry<String, RoutePlan>> unproven() {
    var unproven = new ArrayList<Map.Entry<String, RoutePlan>>();
    networks.forEach((network, routes) ->
        routes.unproven().forEach(route -> unproven.add(Map.entry(network, route))));
    return unproven;
  }

  /** One of these hides the API server: a single one for long, else each half is tried again. */
  private void withdraw(
      List<Map.Entry<String, RoutePlan>> suspects, Set<ApiTarget> targets, MonotonicTime now) {
    if (suspects.size() == 1) {
      var only = suspects.getFirst();
      withdrawAlone(only.getKey(), only.getValue(), targets, now);
      return;
    }
    for (int i = 0; i < suspects.size(); i++) {
      var suspect = suspects.get(i);
      int half = i < suspects.size() / 2 ? 1 : 2;
      withdraw(suspect.getKey(), suspect.getValue(), SHORT_PAUSE.multipliedBy(half), targets, now);
    }
  }

  private void withdrawAlone(
      String network, RoutePlan route, Set<ApiTarget> targets, MonotonicTime now) {
    var routes = networks.get(network);
    if (routes != null) {
      routes.withdraw(route, routes.pauseAlone(route), targets, now);
    }
  }

  private void withdraw(
      String network, RoutePlan route, Duration pause, Set<ApiTarget> targets, MonotonicTime now) {
    var routes = networks.get(network);
    if (routes != null) {
      routes.withdraw(route, pause, targets, now);
    }
  }
}
