package dev.wiremesh.agent.report;

import dev.wiremesh.agent.report.PeerReport.ObservedSession;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedConnectivity;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.view.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Decides when a peer's connectivity is written: on transitions, and as a refresh at most every
 * five minutes per peer and once a second altogether, because every agent watches each Peer. A
 * write that the API does not show after a while is repeated. Owned by the control thread.
 */
public final class PeerReports {
  private static final Duration REFRESH = Duration.ofMinutes(5);
  private static final Duration BETWEEN_REFRESHES = Duration.ofSeconds(1);
  private static final Duration SEEN_WITHIN = Duration.ofSeconds(15);

  /** The last write, by this agent or an earlier one. */
  private record Written(ObservedSession session, Instant since, MonotonicTime at) {}

  private final Map<PeerName, Written> written = new HashMap<>();
  private MonotonicTime lastRefresh = MonotonicTime.LONG_AGO;

  /** The state that the API shows for a peer, so that a restart is no transition. */
  public static Optional<Connectivity> stateOf(@Nullable ReportedConnectivity reported) {
    return Optional.ofNullable(reported)
        .map(ReportedConnectivity::state)
        .map(Connectivity::valueOf);
  }

  /** The report to write now; empty if none is due. */
  public Optional<PeerReport> due(
      LocalNetwork local, PeerName peer, ObservedSession session, Moment moment) {
    var now = moment.monotonic();
    var reported = local.reported().get(peer);
    if (reported == null) {
      return Optional.empty();
    }
    boolean isStateShown =
        stateOf(reported).filter(session.state()::equals).isPresent()
            && local.meshNode().node().equals(reported.gateway());
    boolean shown =
        isStateShown
            && (session.state() != Connectivity.CONNECTED
                || session.activeRoutes().equals(shownRoutes(local, peer)));
    var before = written.get(peer);
    if (before == null && isStateShown) {
      // Written by an earlier agent: continue from there; the first refresh is not urgent.
      var since = Objects.requireNonNullElse(reported.since(), moment.wall());
      if (!shown) {
        return Optional.of(write(peer, session, since, reported, now));
      }
      written.put(peer, new Written(session, since, now));
      return Optional.empty();
    }
    if (before == null || before.session().state() != session.state()) {
      return Optional.of(write(peer, session, moment.wall(), reported, now));
    }
    if (!before.session().activeRoutes().equals(session.activeRoutes())) {
      return Optional.of(write(peer, session, before.since(), reported, now));
    }
    boolean lost = !shown && !now.isBefore(before.at().plus(SEEN_WITHIN));
    if (lost) {
      return Optional.of(write(peer, session, before.since(), reported, now));
    }
    if (refreshDue(before, session, now)) {
      lastRefresh = now;
      return Optional.of(write(peer, session, before.since(), reported, now));
    }
    return Optional.empty();
  }

  private static Set<IpPrefix> shownRoutes(LocalNetwork local, PeerName peer) {
    var view = local.view();
    return view == null
        ? Set.of()
        : view.peers().stream()
            .filter(known -> known.name().equals(peer))
            .findFirst()
            .map(known -> known.routes().active())
            .orElse(Set.of());
  }

  private PeerReport write(
      PeerName peer,
      ObservedSession session,
      Instant since,
      ReportedConnectivity reported,
      MonotonicTime now) {
    written.put(peer, new Written(session, since, now));
    return new PeerReport(peer, session, since, reported.generation());
  }

  private boolean refreshDue(Written before, ObservedSession session, MonotonicTime now) {
    return !before.session().equals(session)
        && !now.isBefore(before.at().plus(REFRESH))
        && !now.isBefore(lastRefresh.plus(BETWEEN_REFRESHES));
  }

  /** Forgets peers whose home gateway is another node now. */
  public void retain(LocalNetwork local) {
    written.keySet().retainAll(local.reported().keySet());
  }
}
