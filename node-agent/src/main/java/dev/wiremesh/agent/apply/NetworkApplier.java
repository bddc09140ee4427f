package dev.wiremesh.agent.apply;

import static java.util.stream.Collectors.toCollection;

import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.host.HostNetwork;
import dev.wiremesh.agent.host.HostPlan;
import dev.wiremesh.agent.host.route.RouteFinding;
import dev.wiremesh.agent.observe.LocalRouteState;
import dev.wiremesh.agent.report.PlanConditions;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.wireguard.device.DeviceEvent;
import java.io.IOException;
import java.net.BindException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Applies the plans of one network, each by its difference to the last:
 *
 * <ol>
 *   <li>Save the footprint of what is about to be made.
 *   <li>Open the device if there is none, or its interface was deleted or has another name.
 *   <li>Apply keys, port and all peers if the device itself changes; else only the peers that
 *       changed, or whose endpoint resolves to another address.
 *   <li>Apply addresses, MTU, routes, rules and packet filter to the host if they changed.
 * </ol>
 *
 * <p>After a failure nothing counts as applied, so that the next try applies everything. Owned by
 * the control thread.
 */
public final class NetworkApplier {
  private static final Logger log = LoggerFactory.getLogger(NetworkApplier.class);

  /** Reasons for routes that stay out of the table until an object changes. */
  private static final Set<Reason> ON_PURPOSE =
      EnumSet.of(Reason.NODE_ROUTE_WITHDRAWN, Reason.NODE_POOL_OVERLAP);

  /** Most withdrawn routes that a condition names. */
  private static final int MOST_NAMED = 10;

  private static final PlanConditions NO_PLAN = PlanConditions.waiting("There is no plan yet.");

  private final String network;
  private final AgentPorts ports;
  private final DeviceApplier device;

  private @Nullable HostPlan appliedHost;
  private Set<RoutePlan> appliedWithdrawn = Set.of();
  private @Nullable HostFootprint footprint;
  private ConditionDraft deviceCondition = NO_PLAN.device();
  private ConditionDraft peersCondition = NO_PLAN.peers();
  private ConditionDraft routesCondition = NO_PLAN.routes();
  private int mtu;
  private int underlayMtu;
  private int pathMtu;
  private Map<LocalRouteState, Integer> routes = Map.of();
  private String lastFailure = "";

  /**
   * @param footprint of an earlier agent for this network, null if there is none
   */
  public NetworkApplier(
      String network,
      AgentPorts ports,
      AgentClock clock,
      Consumer<DeviceEvent> events,
      @Nullable HostFootprint footprint) {
    this.network = network;
    this.ports = ports;
    this.device = new DeviceApplier(network, ports, clock, events);
    this.footprint = footprint;
  }

  public DeviceApplier device() {
    return device;
  }

  public int mtu() {
    return mtu;
  }

  /** MTU that the underlay admits, without a measured limit; 0 before it is known. */
  public int underlayMtu() {
    return underlayMtu;
  }

  /** Sets the measured limit of the MTU, which the next plan is applied with; 0 for none. */
  public void limitMtu(int bytes) {
    pathMtu = bytes;
  }

  /** Number of routes by state; empty as long as none were programmed. */
  public Map<LocalRouteState, Integer> routes() {
    return routes;
  }

  public PlanConditions conditions() {
    return new PlanConditions(deviceCondition, peersCondition, routesCondition);
  }

  /**
   * @param lookAtHost whether the host may have changed
   * @return whether everything is applied; routes that are left out on purpose are no failure
   */
  public boolean apply(
      NodePlan plan, NetworkKeys keys, RouteExceptions exceptions, boolean lookAtHost) {
    if (applyDevice(plan, keys)) {
      applyHost(plan, exceptions, lookAtHost);
    }
    boolean well =
        deviceCondition.isTrue()
            && peersCondition.isTrue()
            && (routesCondition.isTrue() || ON_PURPOSE.contains(routesCondition.reason()));
    if (well) {
      lastFailure = "";
    }
    return well;
  }

  /** Whether the host is as planned. */
  public boolean isHostApplied() {
    return appliedHost != null;
  }

  private boolean applyDevice(NodePlan plan, NetworkKeys keys) {
    try {
      saveFootprint(plan);
    } catch (IOException e) {
      deviceFailed(Reason.NODE_NOT_PREPARED, "The device cannot be prepared: ", e);
      return false;
    }
    try {
      if (device.open(plan.device().interfaceName())) {
        appliedHost = null;
      }
    } catch (IOException e) {
      deviceFailed(Reason.NODE_INTERFACE_FAILED, "The interface cannot be opened: ", e);
      return false;
    }
    try {
      device.configure(plan, keys);
      deviceCondition =
          ConditionDraft.of(
              Reason.NODE_DEVICE_READY,
              "Interface "
                  + plan.device().interfaceName()
                  + " answers on UDP port "
                  + plan.device().listenPort()
                  + ".");
      peersCondition =
          ConditionDraft.of(
              Reason.NODE_PEERS_PROGRAMMED,
              plan.device().peers().size() + " peers may have sessions.");
    } catch (BindException e) {
      deviceFailed(
          Reason.NODE_PORT_IN_USE,
          "UDP port "
              + plan.device().listenPort()
              + " is taken on this node: end what uses it, or choose another as spec.listenPort: ",
          e);
    } catch (IOException | RuntimeException e) {
      deviceFailed(Reason.NODE_DEVICE_FAILED, "The device refuses its configuration: ", e);
    }
    return true;
  }

  /** Saves the footprint; removes the old interface or table first if the plan has others. */
  private void saveFootprint(NodePlan plan) throws IOException {
    var wanted = HostFootprint.of(HostPlan.of(plan, Set.of(), BypassAddresses.NONE));
    if (wanted.equals(footprint)) {
      return;
    }
    boolean sameName =
        footprint != null && footprint.interfaceName().equals(wanted.interfaceName());
    if (!sameName && ports.host().isForeign(wanted.interfaceName())) {
      throw new IOException(
          "There is an interface "
              + wanted.interfaceName()
              + " on this node that Wiremesh did not make: remove it, or choose another name as"
              + " spec.interfaceName");
    }
    if (footprint != null) {
      if (footprint.interfaceName().equals(wanted.interfaceName())) {
        ports.host().removeRouting(footprint);
      } else {
        closeDevice();
        ports.host().remove(footprint);
      }
      appliedHost = null;
    }
    ports.footprints().save(wanted);
    footprint = wanted;
  }

  private void applyHost(NodePlan plan, RouteExceptions exceptions, boolean lookAtHost) {
    var withdrawn = exceptions.withdrawn();
    var wanted =
        HostPlan.of(plan, device.endpoints(), exceptions.bypass())
            .withPathMtu(pathMtu)
            .without(withdrawn);
    boolean same = wanted.equals(appliedHost) && withdrawn.equals(appliedWithdrawn);
    if (same && !lookAtHost) {
      return;
    }
    try {
      var result = ports.host().converge(wanted);
      mtu = result.mtu();
      underlayMtu = result.underlayMtu();
      appliedHost = wanted;
      appliedWithdrawn = withdrawn;
      routes = LocalRouteState.count(plan, leftOut(result), withdrawn.size());
      routesCondition = routesCondition(wanted, result, withdrawn);
      if (!result.changes().isEmpty()) {
        log.atInfo()
            .addKeyValue("network", network)
            .addKeyValue("changes", String.join(", ", result.changes()))
            .log("Host changed");
      }
    } catch (IOException | RuntimeException e) {
      appliedHost = null;
      routes = Map.of();
      routesCondition =
          ConditionDraft.of(Reason.NODE_HOST_FAILED, sentence("The host refuses: ", e));
      failed("Routes not programmed", e);
    }
  }

  private static int leftOut(HostNetwork.Converged result) {
    return (int) result.findings().stream().filter(RouteFinding::isLeftOut).count();
  }

  private static ConditionDraft routesCondition(
      HostPlan wanted, HostNetwork.Converged result, Set<RoutePlan> withdrawn) {
    if (!result.warnings().isEmpty()) {
      return ConditionDraft.of(Reason.NODE_HOST_RESTRICTED, String.join(" ", result.warnings()));
    }
    var problems =
        result.findings().stream()
            .filter(RouteFinding::isProblem)
            .map(RouteFinding::message)
            .collect(toCollection(ArrayList::new));
    // The node's own problem is the reason before a Peer's, which leaves the node Ready.
    var reason = problems.isEmpty() ? Reason.NODE_ROUTE_WITHDRAWN : Reason.NODE_POOL_OVERLAP;
    problems.addAll(sentences(withdrawn));
    if (!problems.isEmpty()) {
      return ConditionDraft.of(reason, String.join(" ", problems));
    }
    var sentences = new ArrayList<String>();
    sentences.add(
        "Table "
            + wanted.routing().rules().getFirst().table()
            + " leads into "
            + wanted.link().interfaceName()
            + ".");
    result.findings().forEach(finding -> sentences.add(finding.message()));
    sentences.addAll(result.advice());
    return ConditionDraft.of(Reason.NODE_ROUTES_PROGRAMMED, String.join(" ", sentences));
  }

  private static List<String> sentences(Set<RoutePlan> withdrawn) {
    var sentences =
        withdrawn.stream()
            .sorted()
            .limit(MOST_NAMED)
            .map(route ->
                "Route "
                    + route.destination()
                    + " of Peer "
                    + route.origin().name()
                    + " is withdrawn on this node: with it the API server could not be reached."
                    + " Remove it from spec.routes of the Peer, or make it narrower.")
            .collect(toCollection(ArrayList::new));
    if (withdrawn.size() > MOST_NAMED) {
      sentences.add("And " + (withdrawn.size() - MOST_NAMED) + " more routes.");
    }
    return sentences;
  }

  private void deviceFailed(Reason reason, String what, Exception e) {
    forgetApplied();
    deviceCondition = ConditionDraft.of(reason, sentence(what, e));
    peersCondition =
        ConditionDraft.of(Reason.NODE_PEERS_DEVICE_NOT_READY, "The device is not ready.");
    if (device.device().isEmpty()) {
      routesCondition =
          ConditionDraft.of(Reason.NODE_ROUTES_DEVICE_NOT_READY, "The device is not ready.");
    }
    failed("Device not ready", e);
  }

  /** Logs a failure once; with a stack trace only for unexpected exceptions. */
  private void failed(String what, Exception e) {
    var cause = what + ": " + e.getMessage();
    if (!cause.equals(lastFailure)) {
      lastFailure = cause;
      log.atError()
          .addKeyValue("network", network)
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .setCause(e instanceof IOException ? null : e)
          .log(what);
    }
  }

  private static String sentence(String what, Exception e) {
    var message = String.valueOf(e.getMessage());
    return what + message + (message.endsWith(".") ? "" : ".");
  }

  private void forgetApplied() {
    device.forgetApplied();
    appliedHost = null;
  }

  /** Closes the device; the interface and its routes stay. */
  public void closeDevice() {
    device.close();
    appliedHost = null;
  }

  /** Closes the device and removes everything that was made for the network. */
  public void remove() throws IOException {
    closeDevice();
    if (footprint != null) {
      ports.host().remove(footprint);
      ports.footprints().forget(network);
      footprint = null;
    }
    ports.store().forget(network);
  }
}
