package dev.wiremesh.agent.report;

import dev.wiremesh.agent.report.PeerReport.Session;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedConnectivity;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * When a peer's connectivity is worth a write: on transitions, and as a refresh at most every five
 * minutes a peer and once a second altogether. A Peer is watched by every agent, so each write
 * costs the whole cluster. What the API does not show a while after it was written is written
 * again. Owned by the control thread.
 */
public final class PeerReports {
  private static final Duration REFRESH = Duration.ofMinutes(5);
  private static final Duration BETWEEN_REFRESHES = Duration.ofSeconds(1);
  private static final Duration SEEN_WITHIN = Duration.ofSeconds(15);

  /** What was written last, by us or by an earlier agent. */
  private record Written(Session session, Instant since, Instant at) {}

  private final Map<PeerName, Written> written = new HashMap<>();
  private Instant lastRefresh = Instant.MIN;

  /** The state that the API shows for a peer, so that a restart is no transition. */
  public static Optional<Connectivity> stateOf(@Nullable ReportedConnectivity reported) {
    return Optional.ofNullable(reported)
        .map(ReportedConnectivity::state)
        .map(Connectivity::valueOf);
  }

  /** What to write now, if anything. */
  public Optional<PeerReport> due(
      LocalNetwork membership, PeerName peer, Session session, Instant now) {
    var reported = membership.reported().get(peer);
    if (reported == null) {
      return Optional.empty();
    }
    boolean shown =
        stateOf(reported).filter(session.state()::equals).isPresent()
            && membership.meshNode().node().equals(reported.gateway());
    var before = written.get(peer);
    if (before == null && shown) {
      // Another agent's work, which we go on from; the first refresh has time.
      var since = Objects.requireNonNullElse(reported.since(), now);
      written.put(peer, new Written(session, since, now));
      return Optional.empty();
    }
    if (before == null || before.session().state() != session.state()) {
      return Optional.of(write(peer, session, now, reported, now));
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

  private PeerReport write(
      PeerName peer, Session session, Instant since, ReportedConnectivity reported, Instant now) {
    written.put(peer, new Written(session, since, now));
    return new PeerReport(peer, session, since, reported.generation());
  }

  private boolean refreshDue(Written before, Session session, Instant now) {
    return !before.session().equals(session)
        && !now.isBefore(before.at().plus(REFRESH))
        && (lastRefresh.equals(Instant.MIN) || !now.isBefore(lastRefresh.plus(BETWEEN_REFRESHES)));
  }

  /** Forgets peers that are at home elsewhere now, so that they start anew when they come back. */
  public void retain(LocalNetwork membership) {
    written.keySet().retainAll(membership.reported().keySet());
  }
}
