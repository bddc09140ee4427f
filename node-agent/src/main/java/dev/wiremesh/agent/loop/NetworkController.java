package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.apply.NetworkApplier;
import dev.wiremesh.agent.apply.RouteExceptions;
import dev.wiremesh.agent.group.GroupLiveness;
import dev.wiremesh.agent.group.GroupState;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.liveness.ProbeRound;
import dev.wiremesh.agent.mtu.PathMtuProber;
import dev.wiremesh.agent.observe.LatencyStats;
import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.agent.observe.ProblemPeers;
import dev.wiremesh.agent.observe.RelayLiveness;
import dev.wiremesh.agent.observe.SessionObserver;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.agent.report.NodeReports;
import dev.wiremesh.agent.report.PlanConditions;
import dev.wiremesh.agent.time.AgentClock;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.DeviceEvent;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.DeviceEvent.InterfaceGone;
import dev.wiremesh.wireguard.device.DeviceEvent.ProbeAnswered;
import dev.wiremesh.wireguard.device.EchoReply;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This node's part in one network, from first plan to removal. Owned by the control thread; {@link
 * #live} may be read, and {@link #onEvent} called, by any thread.
 */
final class NetworkController {
  private final String network;
  private final AgentPorts ports;
  private final AgentClock clock;
  private final WakeUp wakeUp;
  private final RouteGuard guard;
  private final NetworkApplier applier;

  private final WantedState wanted = new WantedState();
  private final PlanProgress progress = new PlanProgress();
  private final SessionObserver sessions = new SessionObserver();
  private final GroupLiveness groups;
  private final RelayLiveness relays;
  private final PathMtuProber pathMtus;
  private final NodeReports nodeReports = new NodeReports();
  private @Nullable LocalNetwork local;
  private @Nullable RouteExceptions triedExceptions;
  private long lastToken;
  private boolean pathMtuChanged;

  /** Whether the last round of probes was completed. */
  private boolean probing;

  /** Replies since the path MTUs were last probed. */
  private final List<EchoReply> pathMtuReplies = new ArrayList<>();

  private final LatencyStats latency = new LatencyStats();
  private volatile LiveNetwork live;

  /**
   * @param footprint of an earlier agent for this network, null if there is none
   */
  NetworkController(
      String network,
      AgentPorts ports,
      AgentClock clock,
      WakeUp wakeUp,
      RouteGuard guard,
      @Nullable HostFootprint footprint) {
    this.network = network;
    this.ports = ports;
    this.clock = clock;
    this.wakeUp = wakeUp;
    this.guard = guard;
    this.applier = new NetworkApplier(network, ports, clock, this::onEvent, footprint);
    this.groups = new GroupLiveness(network, this::nextToken);
    this.relays = new RelayLiveness(network, this::nextToken);
    this.pathMtus = new PathMtuProber(network, this::nextToken);
    this.live = new LiveNetwork(NetworkStatus.empty(network), null, latency);
  }

  private long nextToken() {
    return ++lastToken;
  }

  LiveNetwork live() {
    return live;
  }

  /** Whether there is nothing to apply: the plan is applied, or the operator has to act first. */
  boolean isSettled() {
    return progress.isSettled() || !wanted.isComplete();
  }

  /**
   * Applies the plan; does nothing at all if it is applied already.
   *
   * @param lookAtHost whether the host may have changed
   */
  void reconcile(LocalNetwork now, boolean lookAtHost) {
    local = now;
    plan(now);
    var plan = wanted.plan();
    var keys = wanted.keys();
    if (plan == null || keys == null) {
      progress.unsettle();
      return;
    }
    long generation = now.meshNode().generation();
    long resolverVersion = ports.resolver().version();
    var exceptions = exceptions(plan);
    boolean triggered =
        lookAtHost
            || !exceptions.equals(triedExceptions)
            || progress.isResolvedAnew(resolverVersion)
            || pathMtuChanged
            || progress.isRetryDue(clock.now().monotonic())
            || applier.device().isGone();
    if (progress.isSettled() && !triggered) {
      progress.confirm(generation);
      return;
    }
    boolean newPlan = progress.isUntried();
    if (!newPlan && !triggered) {
      return;
    }
    progress.begin(resolverVersion);
    pathMtuChanged = false;
    long began = System.nanoTime();
    triedExceptions = exceptions;
    boolean applied = applier.apply(plan, keys, exceptions, lookAtHost);
    if (applier.isHostApplied()) {
      guard.programmed(network, clock.now().monotonic());
    }
    if (newPlan) {
      ports.applyTimer().applied(network, Duration.ofNanos(System.nanoTime() - began));
    }
    if (applied) {
      progress.succeeded(generation);
    } else {
      progress.failed(clock.now().monotonic());
    }
    publish();
  }

  private RouteExceptions exceptions(NodePlan plan) {
    var now = clock.now().monotonic();
    return new RouteExceptions(
        ports.apiAccess().bypass().addresses(now), guard.withdrawn(network, plan, now));
  }

  private void plan(LocalNetwork now) {
    if (wanted.updatePlan(now, groups.selected(), relays.dead())) {
      progress.changed();
      ports.resolver().follow(network, wanted.endpoints());
    }
    if (wanted.updateKeys(now)) {
      progress.changed();
    }
  }

  /** The time of the next round of probes, beside those of each second. */
  MonotonicTime nextProbeRound() {
    if (!probing) {
      return MonotonicTime.NEVER;
    }
    var ofGroups = groups.nextRound();
    var ofRelays = relays.nextRound();
    return ofGroups.isBefore(ofRelays) ? ofGroups : ofRelays;
  }

  /**
   * Judges the members of groups, the gateways that relay and the path MTUs to other nodes. The
   * next plan has the active members, the gateways that answer and the MTU.
   *
   * @param regular whether this is the round of each second; path MTUs are probed in it alone
   */
  void probe(boolean regular, MonotonicTime now) {
    if (!regular && now.isBefore(nextProbeRound())) {
      return;
    }
    probing = false;
    var plan = applier.device().appliedPlan();
    var device = applier.device().device();
    if (plan.isEmpty() || device.isEmpty() || applier.device().isGone()) {
      return;
    }
    var round = new ProbeRound(regular, device.get().echoReplies(), now);
    boolean groupsChanged = groups.step(plan.get(), device.get(), round);
    boolean relaysChanged = relays.step(plan.get(), round, device.get()::echo);
    if (groupsChanged || relaysChanged) {
      wakeUp.sessionsChanged();
    }
    pathMtuReplies.addAll(round.replies());
    if (regular) {
      boolean limitChanged =
          pathMtus.step(plan.get(), device.get(), pathMtuReplies, applier.underlayMtu());
      pathMtuReplies.clear();
      if (limitChanged) {
        applier.limitMtu(pathMtus.limitBytes());
        pathMtuChanged = true;
      }
    }
    probing = true;
  }

  /** Observes the sessions. */
  void observe() {
    var current = local;
    if (current != null) {
      var device = applier.device();
      sessions.observe(current, device.appliedPlan(), device.observe(), clock.now());
      publish();
    }
  }

  /** Dials peers at their configured endpoints that did not answer where they were last seen. */
  void redial() {
    applier.device().redial();
  }

  /** Writes what has changed to the API server. */
  void report() {
    var current = local;
    if (current == null) {
      return;
    }
    var now = clock.now();
    var report = nodeReport(current, now.monotonic());
    if (nodeReports.isDue(current, report, now.monotonic())) {
      ports.reporter().report(current.meshNode(), report, now.wall());
    }
    for (var peer : sessions.reports(current, applier.device().appliedPlan(), now)) {
      ports.reporter().report(current.meshNode(), peer, now.wall());
    }
  }

  private NodeReport nodeReport(LocalNetwork current, MonotonicTime now) {
    var keys = wanted.keys();
    var observed = sessions.observed();
    int connected =
        (int)
            observed.values().stream()
                .filter(peer -> peer.state() == Connectivity.CONNECTED)
                .count();
    return new NodeReport(
        keys == null ? null : keys.node().publicKey(),
        applier.mtu(),
        new NodeReport.Generations(current.meshNode().generation(), progress.appliedMeshNode()),
        new NodeReport.Peers(
            observed.size(),
            connected,
            ProblemPeers.of(wanted.plan(), observed.values(), ports.resolver())),
        NodeReport.reportable(ports.apiAccess().bypass().addresses(now).resolvers()),
        (wanted.isComplete() ? applier.conditions() : PlanConditions.waiting(current.problem()))
            .after(current.meshNode().conditions()));
  }

  /** Endpoints that peers were last heard from. */
  Map<PublicKey, UdpEndpoint> learnedEndpoints() {
    return applier.device().learnedEndpoints();
  }

  /** The consumer of the device's events; called with the device's control lock held. */
  private void onEvent(DeviceEvent event) {
    switch (event) {
      case HandshakeCompleted(var peer, boolean initiator, var duration) -> {
        if (duration != null) {
          latency.handshakeCompleted(peer, initiator, duration);
        }
        wakeUp.sessionsChanged();
      }
      case ProbeAnswered(var peer, var roundTrip) -> latency.probeAnswered(peer, roundTrip);
      case InterfaceGone() -> {
        applier.device().interfaceGone();
        wakeUp.hostChanged();
      }
    }
  }

  private void publish() {
    var peers = new HashMap<PublicKey, PeerPlan>();
    var plan = applier.device().appliedPlan();
    plan.ifPresent(
        applied -> applied.device().peers().forEach(peer -> peers.put(peer.publicKey(), peer)));
    if (plan.isPresent()) { // while a device is made anew, its peers keep their histograms
      latency.retain(peers.keySet());
    }
    var status =
        new NetworkStatus(
            network,
            peers,
            sessions.observed(),
            applier.routes(),
            plan.map(groups::state).orElse(GroupState.NONE),
            progress.desired(),
            progress.applied());
    live = new LiveNetwork(status, applier.device().device().orElse(null), latency);
  }

  /** Closes the device and removes everything that was made for the network. */
  Optional<IOException> remove() {
    try {
      applier.remove();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    } finally {
      ports.resolver().follow(network, Set.of());
    }
  }

  /** Closes the device and leaves everything else as it is. */
  void close() {
    applier.closeDevice();
  }
}
