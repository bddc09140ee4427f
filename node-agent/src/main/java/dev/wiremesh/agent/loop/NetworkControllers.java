package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The controllers of this node's networks, by name. Owned by the control thread. */
final class NetworkControllers {
  private static final Logger log = LoggerFactory.getLogger(NetworkControllers.class);

  private final AgentPorts ports;
  private final AgentClock clock;
  private final WakeUp wakeUp;
  private final CycleFailures failures;
  private final RouteGuard guard;
  private final Map<String, NetworkController> controllers = new TreeMap<>();

  /** Footprints of an earlier agent whose networks have no controller yet. */
  private final Map<String, HostFootprint> leftovers;

  NetworkControllers(AgentPorts ports, AgentClock clock, WakeUp wakeUp, CycleFailures failures) {
    this.guard = new RouteGuard(ports.apiAccess(), ports.store());
    this.ports = ports;
    this.clock = clock;
    this.wakeUp = wakeUp;
    this.failures = failures;
    this.leftovers = new HashMap<>(ports.footprints().load());
  }

  Optional<NetworkController> of(String network) {
    return Optional.ofNullable(controllers.get(network));
  }

  void forEach(Consumer<NetworkController> action) {
    controllers.forEach(
        (network, controller) -> failures.contain(network, () -> action.accept(controller)));
  }

  void reconcile(Map<String, LocalNetwork> wanted, boolean lookAtHost) {
    wanted.forEach((network, local) ->
        failures.contain(
            network,
            () ->
                controllers
                    .computeIfAbsent(network, this::newController)
                    .reconcile(local, lookAtHost)));
  }

  private NetworkController newController(String network) {
    return new NetworkController(network, ports, clock, wakeUp, guard, leftovers.remove(network));
  }

  /** Withdraws routes with which the API server cannot be reached; returns whether any was. */
  boolean guardRoutes(boolean apiIsSilent) {
    guard.retain(controllers.keySet());
    return guard.check(apiIsSilent, clock.now().monotonic());
  }

  /** Removes the networks from this node that are not wanted. */
  void removeAllBut(Map<String, LocalNetwork> wanted) {
    // A controller that never starts removes what an earlier agent left.
    for (var network : List.copyOf(leftovers.keySet())) {
      if (!wanted.containsKey(network)) {
        controllers.put(network, newController(network));
      }
    }
    for (var entry : new ArrayList<>(controllers.entrySet())) {
      if (!wanted.containsKey(entry.getKey())) {
        remove(entry.getKey(), entry.getValue());
      }
    }
  }

  private void remove(String network, NetworkController controller) {
    var failure = controller.remove();
    if (failure.isPresent()) {
      log.atError()
          .addKeyValue("network", network)
          .setCause(failure.get())
          .log("Network not removed");
      return;
    }
    controllers.remove(network);
    log.atInfo().addKeyValue("network", network).log("Network removed from this node");
  }

  /** The time of the next round of probes, beside those of each second. */
  MonotonicTime nextProbeRound() {
    return controllers.values().stream()
        .map(NetworkController::nextProbeRound)
        .min(Comparator.comparingLong(MonotonicTime::nanos))
        .orElse(MonotonicTime.NEVER);
  }

  List<LiveNetwork> live() {
    return controllers.values().stream().map(NetworkController::live).toList();
  }

  boolean areSettled() {
    return controllers.values().stream().allMatch(NetworkController::isSettled);
  }

  /** Closes the devices; interfaces, addresses, routes and rules stay as they are. */
  void close() {
    controllers.values().forEach(NetworkController::close);
  }

  /** Closes the devices and forgets the networks. */
  void clear() {
    close();
    controllers.clear();
  }
}
