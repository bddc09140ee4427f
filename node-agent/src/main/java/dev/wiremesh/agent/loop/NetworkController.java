package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.apply.AgentPorts;
import dev.wiremesh.agent.apply.NetworkApplier;
import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.observe.LatencyStats;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.agent.observe.ProblemPeers;
import dev.wiremesh.agent.observe.SessionObserver;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.agent.report.PlanConditions;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.wireguard.device.DeviceListener;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * This node's part in one network, from first plan to removal. Owned by the control thread; {@link
 * #running} is a value that any thread may read.
 */
final class NetworkController {
  /** What the API does not show by then was lost, and is written again. */
  private static final Duration REPORT_SEEN_WITHIN = Duration.ofSeconds(15);

  private final String network;
  private final AgentPorts surroundings;
  private final Clock clock;
  private final NetworkApplier applier;
  private final Backoff backoff = new Backoff();

  private @Nullable LocalNetwork membership;
  private @Nullable NodePlan wantedPlan;
  private @Nullable NetworkKeys wantedKeys;
  private @Nullable MeshView plannedView;
  private long resolverVersion = -1;
  private boolean settled;
  private long desiredGeneration;
  private long triedGeneration;
  private long appliedGeneration;
  private long appliedMeshNodeGeneration;
  private final SessionObserver sessions = new SessionObserver();
  private @Nullable NodeReport reported;
  private Instant reportedAt = Instant.MIN;
  private String reportedUid = "";

  private final LatencyStats handshakeTimes = new LatencyStats();
  private volatile NetworkStatus running;

  NetworkController(
      String network,
      AgentPorts surroundings,
      Clock clock,
      DeviceListener listener,
      @Nullable HostFootprint footprint) {
    this.network = network;
    this.surroundings = surroundings;
    this.clock = clock;
    this.applier =
        new NetworkApplier(network, surroundings, clock, new TimesHandshakes(listener), footprint);
    this.running =
        new NetworkStatus(network, null, Map.of(), Map.of(), handshakeTimes, Map.of(), 0, 0);
  }

  NetworkStatus running() {
    return running;
  }

  /** Whether nothing is left for us to do; who waits for the operator has nothing to do either. */
  boolean isSettled() {
    return settled || wantedPlan == null || wantedKeys == null;
  }

  /**
   * Puts in force what is known; does nothing at all if that is so already.
   *
   * @param lookAtHost whether the host may have changed under us
   */
  void reconcile(LocalNetwork now, boolean lookAtHost) {
    membership = now;
    plan(now);
    var plan = wantedPlan;
    var keys = wantedKeys;
    if (plan == null || keys == null) {
      settled = false;
      return;
    }
    boolean namesMoved = surroundings.resolver().version() != resolverVersion;
    boolean retry = backoff.isDue(clock.instant()) || applier.device().isGone();
    if (settled && !lookAtHost && !namesMoved && !retry) {
      // A new generation that asks for nothing new is in force already.
      appliedMeshNodeGeneration = now.meshNode().generation();
      return;
    }
    if (!settled && !retry && desiredGeneration == triedGeneration && !lookAtHost && !namesMoved) {
      return;
    }
    boolean newPlan = triedGeneration != desiredGeneration;
    triedGeneration = desiredGeneration;
    resolverVersion = surroundings.resolver().version();
    long began = System.nanoTime();
    settled = applier.apply(plan, keys, lookAtHost);
    if (newPlan) {
      var took = Duration.ofNanos(System.nanoTime() - began);
      surroundings.applyTimer().applied(network, took);
    }
    if (settled) {
      appliedMeshNodeGeneration = now.meshNode().generation();
      appliedGeneration = desiredGeneration;
      backoff.succeeded();
    } else {
      backoff.failed(clock.instant());
    }
    publish();
  }

  private void plan(LocalNetwork now) {
    var view = now.view();
    if (view != null && !view.equals(plannedView)) {
      plannedView = view;
      var plan = Topology.planFor(now.meshNode().node(), view).orElse(null);
      if (plan != null && !plan.equals(wantedPlan)) {
        wantedPlan = plan;
        newGeneration();
        surroundings.resolver().follow(network, endpoints(plan));
      }
    }
    var keys = now.keys();
    // Keys that are missing now were there before: sessions go on under them.
    if (keys != null && !keys.equals(wantedKeys)) {
      wantedKeys = keys;
      newGeneration();
    }
  }

  private void newGeneration() {
    desiredGeneration++;
    settled = false;
  }

  private static Set<ConfiguredEndpoint> endpoints(NodePlan plan) {
    var endpoints = new HashSet<ConfiguredEndpoint>();
    for (var peer : plan.device().peers()) {
      var endpoint = peer.transport().endpoint();
      if (endpoint != null) {
        endpoints.add(endpoint);
      }
    }
    return endpoints;
  }

  /**
   * Looks at the sessions.
   *
   * @param report whether what is worth it is told to the API server
   */
  void observe(boolean report) {
    var now = clock.instant();
    var current = membership;
    if (current == null) {
      return;
    }
    sessions.look(current, applier.device().appliedPlan(), applier.device().look(), now);
    publish();
    if (report) {
      reportNode(current, now);
      sessions
          .reports(current, applier.device().appliedPlan(), now)
          .forEach(one -> surroundings.reporter().report(current.meshNode(), one, now));
    }
  }

  /** Where peers were last heard from. */
  Map<PublicKey, UdpEndpoint> learnedEndpoints() {
    return applier.device().learnedEndpoints();
  }

  private void reportNode(LocalNetwork current, Instant now) {
    var keys = wantedKeys;
    var observed = sessions.observed();
    int connected =
        (int) observed.values().stream().filter(p -> p.state() == Connectivity.CONNECTED).count();
    var report =
        new NodeReport(
            keys == null ? null : keys.node().publicKey(),
            applier.mtu(),
            current.meshNode().generation(),
            appliedMeshNodeGeneration,
            observed.size(),
            connected,
            ProblemPeers.of(wantedPlan, observed.values(), surroundings.resolver()),
            sections(current));
    var key = report.publicKey();
    boolean lost =
        key != null
            && !key.toString().equals(current.meshNode().publicKey())
            && !now.isBefore(reportedAt.plus(REPORT_SEEN_WITHIN));
    boolean another = !current.meshNode().uid().equals(reportedUid);
    if (!report.equals(reported) || lost || another) {
      reported = report;
      reportedAt = now;
      reportedUid = current.meshNode().uid();
      surroundings.reporter().report(current.meshNode(), report, now);
    }
  }

  private PlanConditions sections(LocalNetwork current) {
    return wantedPlan == null || wantedKeys == null
        ? PlanConditions.waiting(current.problem())
        : applier.sections();
  }

  private void publish() {
    var peers = new HashMap<PublicKey, PeerPlan>();
    applier
        .device()
        .appliedPlan()
        .ifPresent(
            plan -> plan.device().peers().forEach(peer -> peers.put(peer.publicKey(), peer)));
    handshakeTimes.retain(peers.keySet());
    running =
        new NetworkStatus(
            network,
            applier.device().device().orElse(null),
            peers,
            sessions.observed(),
            handshakeTimes,
            applier.routes(),
            desiredGeneration,
            appliedGeneration);
  }

  Optional<IOException> remove() {
    try {
      applier.remove();
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of(e);
    } finally {
      surroundings.resolver().follow(network, Set.of());
    }
  }

  /** Ends the device and leaves everything else as it is. */
  void close() {
    applier.closeDevice();
  }

  /** Notes how long handshakes and probes took, and passes everything on. */
  private final class TimesHandshakes implements DeviceListener {
    private final DeviceListener listener;

    TimesHandshakes(DeviceListener listener) {
      this.listener = listener;
    }

    @Override
    public void handshakeCompleted(PublicKey peer, boolean initiator, @Nullable Duration duration) {
      if (duration != null) {
        handshakeTimes.completed(peer, initiator, duration);
      }
      listener.handshakeCompleted(peer, initiator, duration);
    }

    @Override
    public void probeAnswered(PublicKey peer, Duration roundTrip) {
      handshakeTimes.probed(peer, roundTrip);
      listener.probeAnswered(peer, roundTrip);
    }

    @Override
    public void interfaceGone() {
      listener.interfaceGone();
    }
  }
}
