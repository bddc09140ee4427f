package dev.wiremesh.agent.control;

import dev.wiremesh.agent.host.HostFootprint;
import dev.wiremesh.agent.report.Connectivity;
import dev.wiremesh.agent.report.NodeReport;
import dev.wiremesh.agent.report.PeerReport.Session;
import dev.wiremesh.agent.report.PeerReports;
import dev.wiremesh.agent.report.Sections;
import dev.wiremesh.agent.view.Membership;
import dev.wiremesh.agent.view.NetworkKeys;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.Endpoint;
import dev.wiremesh.core.topology.Finding;
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerName;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.wireguard.device.DeviceListener;
import dev.wiremesh.wireguard.device.PeerSnapshot;
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
final class NetworkMember {
  /** What the API does not show by then was lost, and is written again. */
  private static final Duration REPORT_SEEN_WITHIN = Duration.ofSeconds(15);

  private final String network;
  private final Surroundings surroundings;
  private final Clock clock;
  private final NetworkApplier applier;
  private final Backoff backoff = new Backoff();
  private final PeerReports peerReports = new PeerReports();

  private @Nullable Membership membership;
  private @Nullable NodePlan wantedPlan;
  private @Nullable NetworkKeys wantedKeys;
  private @Nullable MeshView plannedView;
  private long resolverVersion = -1;
  private boolean settled;
  private long desiredGeneration;
  private long triedGeneration;
  private long appliedGeneration;
  private long appliedMeshNodeGeneration;
  private Map<PublicKey, ObservedPeer> observed = Map.of();
  private @Nullable NodeReport reported;
  private Instant reportedAt = Instant.MIN;
  private String reportedUid = "";

  private volatile RunningNetwork running;

  NetworkMember(
      String network,
      Surroundings surroundings,
      Clock clock,
      DeviceListener listener,
      @Nullable HostFootprint footprint) {
    this.network = network;
    this.surroundings = surroundings;
    this.clock = clock;
    this.applier = new NetworkApplier(network, surroundings, listener, footprint);
    this.running = new RunningNetwork(network, null, Map.of(), Map.of(), 0, 0);
  }

  RunningNetwork running() {
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
  void reconcile(Membership now, boolean lookAtHost) {
    membership = now;
    plan(now);
    var plan = wantedPlan;
    var keys = wantedKeys;
    if (plan == null || keys == null) {
      settled = false;
      return;
    }
    boolean namesMoved = surroundings.resolver().version() != resolverVersion;
    boolean retry = backoff.isDue(clock.instant()) || applier.deviceIsGone();
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
    if (applier.appliedPlan().isPresent() && applier.sections().device().well()) {
      appliedMeshNodeGeneration = now.meshNode().generation();
    }
    if (settled) {
      appliedGeneration = desiredGeneration;
      backoff.succeeded();
    } else {
      backoff.failed(clock.instant());
    }
    publish();
  }

  private void plan(Membership now) {
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

  private static Set<Endpoint> endpoints(NodePlan plan) {
    var endpoints = new HashSet<Endpoint>();
    for (var peer : plan.device().peers()) {
      var endpoint = peer.endpoint();
      if (endpoint != null) {
        endpoints.add(endpoint);
      }
    }
    return endpoints;
  }

  /** Looks at the sessions and reports what is worth it. */
  void observe() {
    var now = clock.instant();
    var current = membership;
    if (current == null) {
      return;
    }
    var keepalives = keepalives(current.view());
    var seen = new HashMap<PublicKey, ObservedPeer>();
    var plan = applier.appliedPlan();
    var device = applier.device();
    if (plan.isPresent() && device.isPresent() && device.get().isAlive()) {
      var snapshots = new HashMap<PublicKey, PeerSnapshot>();
      device.get().snapshot().peers().forEach(peer -> snapshots.put(peer.publicKey(), peer));
      for (var peer : plan.get().device().peers()) {
        var snapshot = snapshots.get(peer.publicKey());
        seen.put(peer.publicKey(), look(current, peer, snapshot, keepalives, now));
      }
    }
    observed = Map.copyOf(seen);
    publish();
    reportNode(current, now);
    reportPeers(current, now);
  }

  private ObservedPeer look(
      Membership current,
      PeerPlan peer,
      @Nullable PeerSnapshot snapshot,
      Map<String, Duration> keepalives,
      Instant now) {
    var previous = observed.get(peer.publicKey());
    var before = previous == null ? null : previous.state();
    var lastHandshake = snapshot == null ? null : snapshot.lastHandshake();
    if (peer.kind() == PeerPlan.Kind.OUTSIDE && (before == null || lastHandshake == null)) {
      // What an earlier agent saw still counts until we have seen more.
      var reportedBefore = current.reported().get(nameOf(peer));
      if (before == null) {
        before = PeerReports.stateOf(reportedBefore).orElse(null);
      }
      if (lastHandshake == null && reportedBefore != null) {
        lastHandshake = reportedBefore.lastHandshake();
      }
    }
    var keepalive = keepalives.getOrDefault(peer.name(), peer.persistentKeepalive());
    var endpoint = snapshot == null ? null : snapshot.endpoint();
    return new ObservedPeer(
        peer,
        Connectivity.of(before, lastHandshake, keepalive, now),
        lastHandshake,
        endpoint == null ? null : endpoint.toString());
  }

  /** What the other side sends by its configuration, whatever we send. */
  private static Map<String, Duration> keepalives(@Nullable MeshView view) {
    var keepalives = new HashMap<String, Duration>();
    if (view != null) {
      for (var peer : view.peers()) {
        var own = peer.persistentKeepalive();
        keepalives.put(
            peer.name().toString(), own != null ? own : view.network().persistentKeepalive());
      }
    }
    return keepalives;
  }

  private static PeerName nameOf(PeerPlan peer) {
    int slash = peer.name().indexOf('/');
    return new PeerName(peer.name().substring(0, slash), peer.name().substring(slash + 1));
  }

  private void reportNode(Membership current, Instant now) {
    var keys = wantedKeys;
    int connected =
        (int) observed.values().stream().filter(p -> p.state() == Connectivity.CONNECTED).count();
    var report =
        new NodeReport(
            keys == null ? null : keys.node().publicKey(),
            applier.mtu(),
            appliedMeshNodeGeneration,
            observed.size(),
            connected,
            Problems.of(wantedPlan, observed.values(), surroundings.resolver()),
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

  private Sections sections(Membership current) {
    return wantedPlan == null || wantedKeys == null
        ? Sections.waiting(current.problem())
        : applier.sections();
  }

  private void reportPeers(Membership current, Instant now) {
    peerReports.retain(current);
    var sessions = new HashMap<PeerName, Session>();
    for (var peer : observed.values()) {
      if (peer.plan().kind() == PeerPlan.Kind.OUTSIDE) {
        sessions.put(
            nameOf(peer.plan()),
            new Session(peer.state(), peer.endpoint(), peer.lastHandshake(), ""));
      }
    }
    leftOut(current, sessions);
    sessions.forEach((peer, session) ->
        peerReports
            .due(current, peer, session, now)
            .ifPresent(report -> surroundings.reporter().report(current.meshNode(), report, now)));
  }

  /** Peers at home here that may have no session: what is shown of one they had is over. */
  private void leftOut(Membership current, Map<PeerName, Session> sessions) {
    var plan = applier.appliedPlan();
    if (plan.isEmpty()) {
      return;
    }
    for (var finding : plan.get().findings()) {
      current
          .reported()
          .forEach((peer, reportedBefore) -> {
            boolean its =
                finding.subject().kind() == Finding.Kind.PEER
                    && finding.subject().name().equals(peer.toString());
            if (its && reportedBefore.state() != null && !sessions.containsKey(peer)) {
              var state =
                  reportedBefore.lastHandshake() == null ? Connectivity.NEVER : Connectivity.STALE;
              sessions.put(
                  peer,
                  new Session(state, null, reportedBefore.lastHandshake(), finding.message()));
            }
          });
    }
  }

  private void publish() {
    var peers = new HashMap<PublicKey, PeerPlan>();
    applier
        .appliedPlan()
        .ifPresent(
            plan -> plan.device().peers().forEach(peer -> peers.put(peer.publicKey(), peer)));
    running =
        new RunningNetwork(
            network,
            applier.device().orElse(null),
            peers,
            observed,
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
}
