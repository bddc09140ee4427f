package dev.wiremesh.agent.observe;

import static java.util.stream.Collectors.toSet;

import dev.wiremesh.agent.report.PeerReport;
import dev.wiremesh.agent.report.PeerReport.ObservedSession;
import dev.wiremesh.agent.report.PeerReports;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Observes the sessions of a network's peers, and computes the reports about outside peers. Owned
 * by the control thread.
 */
public final class SessionObserver {
  private final PeerReports peerReports = new PeerReports();
  private final HandshakeAges ages = new HandshakeAges();
  private Map<PublicKey, ObservedPeer> observed = Map.of();

  public Map<PublicKey, ObservedPeer> observed() {
    return observed;
  }

  /**
   * @param plan that is applied; empty if none is
   * @param device the peers of the device as they are now; none if there is no device
   */
  public void observe(
      LocalNetwork current,
      Optional<NodePlan> plan,
      Map<PublicKey, PeerSnapshot> device,
      Moment now) {
    var keepalives = keepalives(current.view());
    var seen = new HashMap<PublicKey, ObservedPeer>();
    if (plan.isPresent() && !device.isEmpty()) {
      for (var peer : plan.get().device().peers()) {
        var snapshot = device.get(peer.publicKey());
        seen.put(peer.publicKey(), observe(current, peer, snapshot, keepalives, now));
      }
    }
    observed = Map.copyOf(seen);
    ages.endObservation(observed.keySet(), now);
  }

  private ObservedPeer observe(
      LocalNetwork current,
      PeerPlan peer,
      @Nullable PeerSnapshot snapshot,
      Map<String, Duration> keepalives,
      Moment now) {
    var previous = observed.get(peer.publicKey());
    var before = previous == null ? null : previous.state();
    var lastHandshake = snapshot == null ? null : snapshot.connection().lastHandshake();
    if (peer.kind() == PeerPlan.Kind.OUTSIDE && (before == null || lastHandshake == null)) {
      // An earlier observation, reported by another agent, counts until there is a newer one.
      var reportedBefore = current.reported().get(nameOf(peer));
      if (before == null) {
        before = PeerReports.stateOf(reportedBefore).orElse(null);
      }
      if (lastHandshake == null && reportedBefore != null) {
        lastHandshake = reportedBefore.lastHandshake();
      }
    }
    var keepalive = keepalives.getOrDefault(peer.name(), peer.transport().persistentKeepalive());
    var endpoint = snapshot == null ? null : snapshot.connection().endpoint();
    return new ObservedPeer(
        peer,
        state(peer, before, lastHandshake, keepalive, now),
        lastHandshake,
        endpoint == null ? null : endpoint.toString());
  }

  /** The handshake's age is taken from the monotonic clock: the wall clock may have been set. */
  private Connectivity state(
      PeerPlan peer,
      @Nullable Connectivity before,
      @Nullable Instant lastHandshake,
      Duration keepalive,
      Moment now) {
    if (lastHandshake == null) {
      return Connectivity.NEVER;
    }
    var age = ages.ageOf(peer.publicKey(), lastHandshake, now);
    return Connectivity.of(before, now.wall().minus(age), keepalive, now.wall());
  }

  /** The peers' own keepalive intervals; those of this node may differ. */
  private static Map<String, Duration> keepalives(@Nullable MeshView view) {
    var keepalives = new HashMap<String, Duration>();
    if (view != null) {
      for (var peer : view.peers()) {
        var own = peer.session().persistentKeepalive();
        keepalives.put(
            peer.name().toString(), own != null ? own : view.network().persistentKeepalive());
      }
    }
    return keepalives;
  }

  private static PeerName nameOf(PeerPlan peer) {
    return nameOf(peer.name());
  }

  private static PeerName nameOf(String namespaceAndName) {
    int slash = namespaceAndName.indexOf('/');
    return new PeerName(
        namespaceAndName.substring(0, slash), namespaceAndName.substring(slash + 1));
  }

  /** Due reports about outside peers whose home gateway is this node. */
  public List<PeerReport> reports(LocalNetwork current, Optional<NodePlan> plan, Moment now) {
    peerReports.retain(current);
    var sessions = new HashMap<PeerName, ObservedSession>();
    for (var peer : observed.values()) {
      if (peer.plan().kind() == PeerPlan.Kind.OUTSIDE) {
        sessions.put(
            nameOf(peer.plan()),
            new ObservedSession(
                peer.state(),
                peer.endpoint(),
                peer.lastHandshake(),
                "",
                activeRoutes(nameOf(peer.plan()), plan)));
      }
    }
    plan.ifPresent(inForce -> leftOut(inForce, current, sessions));
    var reports = new ArrayList<PeerReport>();
    sessions.forEach(
        (peer, session) -> peerReports.due(current, peer, session, now).ifPresent(reports::add));
    return reports;
  }

  private static Set<IpPrefix> activeRoutes(PeerName peer, Optional<NodePlan> plan) {
    return plan.stream()
        .flatMap(applied -> applied.groups().stream())
        .filter(group -> group.active().equals(peer))
        .map(group -> group.group().cidr())
        .collect(toSet());
  }

  /** Peers of this gateway that were left out of the plan: a reported session has ended. */
  private static void leftOut(
      NodePlan plan, LocalNetwork current, Map<PeerName, ObservedSession> sessions) {
    for (var finding : plan.findings()) {
      if (finding.subject().kind() != Finding.Kind.PEER) {
        continue;
      }
      var peer = nameOf(finding.subject().name());
      var before = current.reported().get(peer);
      if (before != null && before.state() != null && !sessions.containsKey(peer)) {
        var state = before.lastHandshake() == null ? Connectivity.NEVER : Connectivity.STALE;
        sessions.put(
            peer,
            new ObservedSession(state, null, before.lastHandshake(), finding.message(), Set.of()));
      }
    }
  }
}
