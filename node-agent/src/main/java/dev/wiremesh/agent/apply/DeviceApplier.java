package dev.wiremesh.agent.apply;

import static java.util.function.Function.identity;
import static java.util.stream.Collectors.toMap;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.agent.device.PeerSettingsBuilder;
import dev.wiremesh.agent.host.route.OwnershipMarks;
import dev.wiremesh.agent.observe.LearnedEndpoints;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PlanDiff;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device of one network: opens it when it is needed, and applies each plan by its difference to
 * the last. Owned by the control thread.
 */
public final class DeviceApplier {
  private static final Logger log = LoggerFactory.getLogger(DeviceApplier.class);

  private final String network;
  private final AgentPorts ports;
  private final AgentClock clock;
  private final Consumer<DeviceEvent> events;
  private final LearnedEndpoints learned;

  private @Nullable MeshDevice device;
  private volatile boolean gone;
  private boolean deviceIsNew;
  private @Nullable NodePlan appliedPlan;
  private @Nullable NetworkKeys appliedKeys;
  private @Nullable PeerSettingsBuilder appliedSettings;
  private Map<PublicKey, UdpEndpoint> appliedHints = Map.of();

  DeviceApplier(String network, AgentPorts ports, AgentClock clock, Consumer<DeviceEvent> events) {
    this.network = network;
    this.ports = ports;
    this.clock = clock;
    this.events = events;
    this.learned = new LearnedEndpoints(ports.store().endpoints(network));
  }

  public Optional<MeshDevice> device() {
    return Optional.ofNullable(device);
  }

  public Optional<NodePlan> appliedPlan() {
    return Optional.ofNullable(appliedPlan);
  }

  /** Whether the interface of the device was deleted: the device must be opened anew. */
  public boolean isGone() {
    return device != null && gone;
  }

  /** The interface of the device was deleted; any thread. */
  public void interfaceGone() {
    gone = true;
  }

  /**
   * Opens the device if it is not open yet.
   *
   * @return whether it was opened
   */
  boolean open(String interfaceName) throws IOException {
    if (isGone()) {
      log.atWarn().addKeyValue("network", network).log("Interface was deleted; opening it anew");
      close();
    }
    if (device != null) {
      return false;
    }
    gone = false;
    device = ports.devices().open(interfaceName, events);
    deviceIsNew = true;
    forgetApplied();
    log.atInfo()
        .addKeyValue("network", network)
        .addKeyValue("interface", interfaceName)
        .log("Device opened");
    return true;
  }

  /** Applies plan and keys to the open device. */
  void configure(NodePlan plan, NetworkKeys keys) throws IOException {
    var open = Objects.requireNonNull(device, "opened before");
    var settings = new PeerSettingsBuilder(keys, ports.resolver(), plan.device().addresses());
    var before = appliedPlan;
    var hints = hints(plan, settings);
    if (before == null) {
      open.apply(learned.preferred(settings.device(plan, OwnershipMarks.MARK)));
      if (deviceIsNew) {
        deviceIsNew = false;
        learned.dial(open, plan, clock.now().monotonic());
      }
    } else if (!keys.equals(appliedKeys)) {
      open.apply(settings.device(plan, OwnershipMarks.MARK));
    } else {
      var diff = PlanDiff.between(before, plan);
      // Probes are sent from our own addresses.
      if (diff.device() || !diff.addresses().isEmpty()) {
        open.apply(settings.device(plan, OwnershipMarks.MARK));
      } else {
        change(open, plan, diff, hints, settings);
      }
    }
    appliedPlan = plan;
    appliedKeys = keys;
    appliedSettings = settings;
    appliedHints = hints;
  }

  private void change(
      MeshDevice open,
      NodePlan plan,
      PlanDiff diff,
      Map<PublicKey, UdpEndpoint> hints,
      PeerSettingsBuilder settings) {
    diff.peers().removed().forEach(peer -> open.removePeer(peer.publicKey()));
    Set<PublicKey> touched = new HashSet<>();
    diff.peers().added().forEach(peer -> touched.add(peer.publicKey()));
    diff.changedPeers().forEach(change -> touched.add(change.after().publicKey()));
    for (var peer : plan.device().peers()) {
      var key = peer.publicKey();
      boolean movedName = !Objects.equals(hints.get(key), appliedHints.get(key));
      if (touched.contains(key) || movedName) {
        open.setPeer(settings.peer(peer));
      }
    }
  }

  private static Map<PublicKey, UdpEndpoint> hints(NodePlan plan, PeerSettingsBuilder settings) {
    var hints = new HashMap<PublicKey, UdpEndpoint>();
    for (var peer : plan.device().peers()) {
      var hint = settings.hint(peer);
      if (hint != null) {
        hints.put(peer.publicKey(), hint);
      }
    }
    return hints;
  }

  /** Addresses of the peers' configured endpoints. */
  Set<IpAddress> endpoints() {
    var endpoints = new HashSet<IpAddress>();
    appliedHints.values().forEach(hint -> endpoints.add(hint.address()));
    return endpoints;
  }

  /** The peers of the device as they are now; none if no plan is applied. */
  public Map<PublicKey, PeerSnapshot> observe() {
    if (device == null || gone || appliedPlan == null) {
      return Map.of();
    }
    var snapshot = device.snapshot();
    learned.learn(snapshot);
    return snapshot.peers().stream().collect(toMap(PeerSnapshot::publicKey, identity()));
  }

  /** Gives peers that were dialled at learned endpoints their configured ones. */
  public void redial() {
    if (device != null
        && !gone
        && appliedPlan != null
        && appliedSettings != null
        && learned.isRedialDue(clock.now().monotonic())) {
      learned.redial(device, appliedPlan, appliedSettings);
    }
  }

  /** Endpoints that peers were last heard from. */
  public Map<PublicKey, UdpEndpoint> learnedEndpoints() {
    return learned.known();
  }

  /** The state of the device is uncertain: the next plan is applied as a whole. */
  void forgetApplied() {
    appliedPlan = null;
    appliedKeys = null;
    appliedSettings = null;
    appliedHints = Map.of();
  }

  /** Closes the device; the interface stays. */
  void close() {
    if (device != null) {
      device.close();
      device = null;
    }
    forgetApplied();
  }
}
