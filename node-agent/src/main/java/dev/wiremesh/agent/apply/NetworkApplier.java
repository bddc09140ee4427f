package dev.wiremesh.agent.apply;

import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.host.HostNetwork;
import dev.wiremesh.agent.host.HostPlan;
import dev.wiremesh.agent.observe.RouteState;
import dev.wiremesh.agent.report.PlanConditions;
import dev.wiremesh.agent.report.PlanConditions.Section;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.wireguard.device.DeviceEvent;
import java.io.IOException;
import java.net.BindException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts the plans of one network in force, each by its difference to the last:
 *
 * <ol>
 *   <li>Remember on disk what is about to be made.
 *   <li>Open the device if there is none, or its interface is gone or has another name.
 *   <li>Keys, port and all peers, where something of the device itself is new; else only the peers
 *       that changed, or whose name leads elsewhere now.
 *   <li>Addresses, MTU, routes and rules, where something of them is new.
 * </ol>
 *
 * <p>What fails is forgotten as not applied, so that the next try looks at everything. Owned by the
 * control thread.
 */
public final class NetworkApplier {
  private static final Logger LOG = LoggerFactory.getLogger(NetworkApplier.class);

  private final String network;
  private final AgentPorts ports;
  private final DeviceApplier device;

  private @Nullable HostPlan appliedHost;
  private @Nullable HostFootprint footprint;
  private Section deviceSection = Section.failing("Waiting", "There is no plan yet.");
  private Section peersSection = deviceSection;
  private Section routesSection = deviceSection;
  private int mtu;
  private Map<RouteState, Integer> routes = Map.of();
  private String lastFailure = "";

  /**
   * @param footprint what an earlier agent made for this network, null if nothing
   */
  public NetworkApplier(
      String network,
      AgentPorts ports,
      Clock clock,
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

  /** How many routes are in each state; none as long as none were programmed. */
  public Map<RouteState, Integer> routes() {
    return routes;
  }

  public PlanConditions conditions() {
    return new PlanConditions(deviceSection, peersSection, routesSection);
  }

  /**
   * @param lookAtHost whether the host may have changed under us
   * @return whether everything is in force now
   */
  public boolean apply(NodePlan plan, NetworkKeys keys, boolean lookAtHost) {
    if (applyDevice(plan, keys)) {
      applyHost(plan, lookAtHost);
    }
    boolean well = conditions().allWell();
    if (well) {
      lastFailure = "";
    }
    return well;
  }

  private boolean applyDevice(NodePlan plan, NetworkKeys keys) {
    try {
      remember(plan);
    } catch (IOException e) {
      deviceFailed("NotPrepared", "The device cannot be prepared: ", e);
      return false;
    }
    try {
      if (device.open(plan.device().interfaceName())) {
        appliedHost = null;
      }
    } catch (IOException e) {
      deviceFailed("InterfaceFailed", "The interface cannot be opened: ", e);
      return false;
    }
    try {
      device.configure(plan, keys);
      deviceSection =
          Section.well(
              "Ready",
              "Interface "
                  + plan.device().interfaceName()
                  + " answers on UDP port "
                  + plan.device().listenPort()
                  + ".");
      peersSection =
          Section.well("Programmed", plan.device().peers().size() + " peers may have sessions.");
    } catch (BindException e) {
      deviceFailed(
          "PortInUse",
          "UDP port "
              + plan.device().listenPort()
              + " is taken on this node: end what uses it, or choose another as spec.listenPort: ",
          e);
    } catch (IOException | RuntimeException e) {
      deviceFailed("DeviceFailed", "The device refuses its configuration: ", e);
    }
    return true;
  }

  /** Another interface or table than before: the old ones go first. */
  private void remember(NodePlan plan) throws IOException {
    var wanted = HostFootprint.of(network, HostPlan.of(plan, Set.of()));
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

  private void applyHost(NodePlan plan, boolean lookAtHost) {
    var wanted = HostPlan.of(plan, device.endpoints());
    if (wanted.equals(appliedHost) && !lookAtHost) {
      return;
    }
    try {
      var outcome = ports.host().converge(wanted);
      mtu = outcome.mtu();
      appliedHost = wanted;
      routes = RouteState.count(plan, outcome.notes().size());
      routesSection = routesSection(wanted, outcome);
      if (!outcome.changes().isEmpty()) {
        LOG.atInfo()
            .addKeyValue("network", network)
            .addKeyValue("changes", String.join(", ", outcome.changes()))
            .log("Host changed");
      }
    } catch (IOException | RuntimeException e) {
      appliedHost = null;
      routes = Map.of();
      routesSection = Section.failing("HostFailed", sentence("The host refuses: ", e));
      failed("Routes not programmed", e);
    }
  }

  private static Section routesSection(HostPlan wanted, HostNetwork.Outcome outcome) {
    if (!outcome.warnings().isEmpty()) {
      return Section.failing("HostRestricted", String.join(" ", outcome.warnings()));
    }
    var sentences = new ArrayList<String>();
    sentences.add("Table " + wanted.table() + " leads into " + wanted.interfaceName() + ".");
    sentences.addAll(outcome.notes());
    return Section.well("Programmed", String.join(" ", sentences));
  }

  private void deviceFailed(String reason, String what, Exception e) {
    forgetApplied();
    deviceSection = Section.failing(reason, sentence(what, e));
    peersSection = Section.failing("DeviceNotReady", "The device is not ready.");
    if (device.device().isEmpty()) {
      routesSection = peersSection;
    }
    failed("Device not ready", e);
  }

  /** Said once, not with every try; a stack only where the bug is ours. */
  private void failed(String what, Exception e) {
    var cause = what + ": " + e.getMessage();
    if (!cause.equals(lastFailure)) {
      lastFailure = cause;
      LOG.atError()
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

  /** Ends the device; the interface and everything that leads there stay. */
  public void closeDevice() {
    device.close();
    appliedHost = null;
  }

  /** Ends the device and removes everything that was made for the network. */
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
