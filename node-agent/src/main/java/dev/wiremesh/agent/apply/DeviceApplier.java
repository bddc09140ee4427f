package dev.wiremesh.agent.apply;

import dev.wiremesh.agent.device.MeshDevice;
import dev.wiremesh.agent.device.PeerSettingsBuilder;
import dev.wiremesh.agent.host.OwnershipMarks;
import dev.wiremesh.agent.observe.LearnedEndpoints;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PlanDiff;
import dev.wiremesh.wireguard.device.DeviceListener;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Clock;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The device of one network: opened when it is needed, and brought from plan to plan by their
 * differences. Owned by the control thread.
 */
public final class DeviceApplier {
  private static final Logger LOG = LoggerFactory.getLogger(DeviceApplier.class);

  private final String network;
  private final AgentPorts surroundings;
  private final Clock clock;
  private final DeviceListener listener;
  private final LearnedEndpoints learned;

  private @Nullable MeshDevice device;
  private boolean deviceIsNew;
  private @Nullable NodePlan appliedPlan;
  private @Nullable NetworkKeys appliedKeys;
  private @Nullable PeerSettingsBuilder appliedSettings;
  private Map<PublicKey, UdpEndpoint> appliedHints = Map.of();

  DeviceApplier(String network, AgentPorts surroundings, Clock clock, DeviceListener listener) {
    this.network = network;
    this.surroundings = surroundings;
    this.clock = clock;
    this.listener = listener;
    this.learned = new LearnedEndpoints(surroundings.store().endpoints(network));
  }

  public Optional<MeshDevice> device() {
    return Optional.ofNullable(device);
  }

  public Optional<NodePlan> appliedPlan() {
    return Optional.ofNullable(appliedPlan);
  }

  public boolean isGone() {
    return device != null && !device.isAlive();
  }

  /**
   * @return whether it was opened just now
   */
  boolean open(String interfaceName) throws IOException {
    if (isGone()) {
      LOG.atWarn().addKeyValue("network", network).log("The interface is gone; making it anew");
      close();
    }
    if (device != null) {
      return false;
    }
    device = surroundings.devices().open(interfaceName, listener);
    deviceIsNew = true;
    forgetApplied();
    LOG.atInfo()
        .addKeyValue("network", network)
        .addKeyValue("interface", interfaceName)
        .log("Device opened");
    return true;
  }

  /** Brings the open device to the plan. */
  void configure(NodePlan plan, NetworkKeys keys) throws IOException {
    var open = Objects.requireNonNull(device, "opened before");
    var settings =
        new PeerSettingsBuilder(keys, surroundings.resolver(), plan.device().addresses());
    var before = appliedPlan;
    var hints = hints(plan, settings);
    if (before == null) {
      open.apply(learned.preferred(settings.device(plan, OwnershipMarks.MARK)));
      if (deviceIsNew) {
        deviceIsNew = false;
        learned.dial(open, plan, clock.instant());
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

  /** Where peers are dialled, as configured. */
  Set<IpAddress> endpoints() {
    var endpoints = new HashSet<IpAddress>();
    appliedHints.values().forEach(hint -> endpoints.add(hint.address()));
    return endpoints;
  }

  /** What the device shows of its peers now; it may show that one has to be dialled elsewhere. */
  public Map<PublicKey, PeerSnapshot> look() {
    var peers = new HashMap<PublicKey, PeerSnapshot>();
    var plan = appliedPlan;
    if (device != null && plan != null && device.isAlive()) {
      var snapshot = device.snapshot();
      learned.learn(snapshot);
      learned.fallBack(device, snapshot, plan, appliedSettings, clock.instant());
      snapshot.peers().forEach(peer -> peers.put(peer.publicKey(), peer));
    }
    return peers;
  }

  /** Where peers were last heard from. */
  public Map<PublicKey, UdpEndpoint> learnedEndpoints() {
    return learned.known();
  }

  /** What is in force is not known for sure: the next plan is applied as a whole. */
  void forgetApplied() {
    appliedPlan = null;
    appliedKeys = null;
    appliedSettings = null;
    appliedHints = Map.of();
  }

  /** Ends the device; the interface stays. */
  void close() {
    if (device != null) {
      device.close();
      device = null;
    }
    forgetApplied();
  }
}
