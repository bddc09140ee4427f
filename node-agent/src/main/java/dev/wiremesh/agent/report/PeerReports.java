package dev.wiremesh.agent.report;

import dev.wiremesh.agent.view.Membership;
import dev.wiremesh.agent.view.Membership.ReportedConnectivity;
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
 * costs the whole cluster. Owned by the control thread.
 */
public final class PeerReports {
  private static final Duration REFRESH = Duration.ofMinutes(5);
  private static final Duration BETWEEN_REFRESHES = Duration.ofSeconds(1);

  /** What was written last, by us or by an earlier agent. */
  private record Written(PeerReport report, Instant at) {}

  private final Map<PeerName, Written> written = new HashMap<>();
  private Instant lastRefresh = Instant.MIN;

  /** The state that the API shows for a peer, so that a restart is no transition. */
  public static Optional<Connectivity> stateOf(@Nullable ReportedConnectivity reported) {
    return Optional.ofNullable(reported)
        .map(ReportedConnectivity::state)
        .map(Connectivity::valueOf);
  }

  /**
   * What to write now, if anything.
   *
   * @param endpoint where the peer was last heard from; null if it never was
   */
  public Optional<PeerReport> due(
      Membership membership,
      PeerName peer,
      Connectivity state,
      @Nullable String endpoint,
      @Nullable Instant lastHandshake,
      Instant now) {
    var reported = membership.reported().get(peer);
    if (reported == null) {
      return Optional.empty();
    }
    var before = written.get(peer);
    boolean transition =
        before == null
            ? stateOf(reported).filter(state::equals).isEmpty()
                || !membership.meshNode().node().equals(reported.gateway())
            : before.report().state() != state;
    if (before == null && !transition) {
      // Another agent's work, which we go on from; the first refresh has time.
      written.put(
          peer,
          new Written(
              new PeerReport(
                  peer,
                  state,
                  since(reported, now),
                  endpoint,
                  lastHandshake,
                  reported.generation()),
              now));
      return Optional.empty();
    }
    var since = transition || before == null ? now : before.report().since();
    var report = new PeerReport(peer, state, since, endpoint, lastHandshake, reported.generation());
    if (!transition && (before == null || !refreshDue(before, report, now))) {
      return Optional.empty();
    }
    if (!transition) {
      lastRefresh = now;
    }
    written.put(peer, new Written(report, now));
    return Optional.of(report);
  }

  private boolean refreshDue(Written before, PeerReport report, Instant now) {
    boolean news =
        !Objects.equals(before.report().endpoint(), report.endpoint())
            || !Objects.equals(before.report().lastHandshake(), report.lastHandshake());
    return news
        && !now.isBefore(before.at().plus(REFRESH))
        && (lastRefresh.equals(Instant.MIN) || !now.isBefore(lastRefresh.plus(BETWEEN_REFRESHES)));
  }

  private static Instant since(ReportedConnectivity reported, Instant now) {
    var since = reported.since();
    return since == null ? now : since;
  }

  /** Forgets peers that are at home elsewhere now, so that they start anew when they come back. */
  public void retain(Membership membership) {
    written.keySet().retainAll(membership.reported().keySet());
  }
}
