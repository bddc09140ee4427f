package dev.wiremesh.agent.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.report.PeerReport.ObservedSession;
import dev.wiremesh.agent.time.Moment;
import dev.wiremesh.agent.time.MonotonicTime;
import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedConnectivity;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.view.PeerName;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class PeerReportsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final PeerName LAPTOP = new PeerName("default", "laptop");

  private final PeerReports reports = new PeerReports();
  private Instant now = NOW;

  @Test
  void transitionsAreWrittenAtOnceAndKeepTheirTime() {
    var never = new ObservedSession(Connectivity.NEVER, null, null, "", Set.of());
    assertThat(due(shown(null), never)).contains(new PeerReport(LAPTOP, never, NOW, 3));
    pass(Duration.ofSeconds(1));
    assertThat(due(shown("NEVER"), never)).isEmpty();

    var connected = connected("172.31.0.9:1", now);
    assertThat(due(shown("NEVER"), connected))
        .contains(new PeerReport(LAPTOP, connected, NOW.plusSeconds(1), 3));
  }

  @Test
  void freshHandshakesAreRefreshedEveryFiveMinutesAtMost() {
    int writes = 0;
    due(shown(null), connected("172.31.0.9:1", now));
    for (int second = 0; second < 3600; second++) {
      pass(Duration.ofSeconds(1));
      writes += due(shown("CONNECTED"), connected("172.31.0.9:1", now)).isPresent() ? 1 : 0;
    }
    assertThat(writes).isEqualTo(12);
  }

  @Test
  void unchangedReportIsNotWrittenAgain() {
    var session = connected("172.31.0.9:1", now);
    due(shown(null), session);
    for (int minute = 0; minute < 600; minute++) {
      pass(Duration.ofMinutes(1));
      assertThat(due(shown("CONNECTED"), session)).isEmpty();
    }
  }

  @Test
  void restartIsNoTransition() {
    assertThat(due(shown("CONNECTED"), connected("172.31.0.9:1", now))).isEmpty();
    pass(Duration.ofSeconds(10));
    var stale = new ObservedSession(Connectivity.STALE, null, NOW, "", Set.of());
    assertThat(due(shown("CONNECTED"), stale)).isPresent();
  }

  @Test
  void otherActiveRoutesAreWrittenAtOnceAndAreNoTransition() {
    due(shown("NEVER"), connected("172.31.0.9:1", now));
    pass(Duration.ofSeconds(40));
    var active =
        new ObservedSession(
            Connectivity.CONNECTED, null, now, "", Set.of(IpPrefix.parse("192.168.200.0/24")));
    assertThat(due(shown("CONNECTED"), active)).contains(new PeerReport(LAPTOP, active, NOW, 3));
  }

  /** A group may switch while the agent is away. */
  @Test
  void otherActiveRoutesAfterARestartAreNoTransition() {
    var since = NOW.minusSeconds(600);
    var reported = new ReportedConnectivity("CONNECTED", "node-a", since, null, 3, null);
    var active =
        new ObservedSession(
            Connectivity.CONNECTED, null, now, "", Set.of(IpPrefix.parse("192.168.200.0/24")));
    assertThat(due(reported, active)).contains(new PeerReport(LAPTOP, active, since, 3));
  }

  @Test
  void takingAPeerOverFromAnotherGatewayIsWritten() {
    var elsewhere = reported("CONNECTED", "node-z");
    assertThat(due(elsewhere, connected("172.31.0.9:1", now))).isPresent();
  }

  @Test
  void reportMissingInTheApiIsWrittenAgain() {
    var session = connected("172.31.0.9:1", now);
    assertThat(due(shown(null), session)).isPresent();
    pass(Duration.ofSeconds(5));
    assertThat(due(shown(null), session)).isEmpty();
    pass(Duration.ofSeconds(10));
    assertThat(due(shown(null), session)).contains(new PeerReport(LAPTOP, session, NOW, 3));
  }

  @Test
  void refreshesOfManyPeersAreSpread() {
    var membership = new HashMap<PeerName, ReportedConnectivity>();
    for (int i = 0; i < 10; i++) {
      membership.put(new PeerName("default", "peer-" + i), reported("CONNECTED", "node-a"));
    }
    var all = membership(membership);
    for (var peer : membership.keySet()) {
      reports.due(all, peer, connected("172.31.0.9:1", now), moment());
    }
    pass(Duration.ofMinutes(10));
    int written = 0;
    for (var peer : membership.keySet()) {
      written +=
          reports.due(all, peer, connected("172.31.0.9:1", now), moment()).isPresent() ? 1 : 0;
    }
    assertThat(written).isEqualTo(1);
  }

  private void pass(Duration time) {
    now = now.plus(time);
  }

  private Optional<PeerReport> due(ReportedConnectivity shown, ObservedSession session) {
    return reports.due(membership(Map.of(LAPTOP, shown)), LAPTOP, session, moment());
  }

  private Moment moment() {
    return new Moment(new MonotonicTime(Duration.between(NOW, now).toNanos()), now);
  }

  private static ObservedSession connected(String endpoint, Instant lastHandshake) {
    return new ObservedSession(Connectivity.CONNECTED, endpoint, lastHandshake, "", Set.of());
  }

  private static ReportedConnectivity shown(@Nullable String state) {
    return reported(state, state == null ? null : "node-a");
  }

  private static ReportedConnectivity reported(@Nullable String state, @Nullable String gateway) {
    return new ReportedConnectivity(state, gateway, null, null, 3, null);
  }

  private static LocalNetwork membership(Map<PeerName, ReportedConnectivity> reported) {
    return new LocalNetwork(
        new MeshNodeRef("home.node-a", "home", "node-a", "uid", 1, null, List.of()),
        null,
        null,
        "",
        reported);
  }
}
