package dev.wiremesh.agent.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.group.GroupState;
import dev.wiremesh.agent.observe.LatencyStats;
import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.agent.observe.ObservedPeer;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.core.view.PeerName;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MeshCollectorTest {
  private static final PublicKey KEY = PublicKey.of(new byte[32]);
  private static final PeerPlan LAPTOP =
      PeerPlan.outside(new PeerName("default", "laptop"), KEY).presharedKey(true).build();

  @Test
  void metricWithoutValueIsAbsent() {
    assertThat(scrape(Connectivity.NEVER, false, 0))
        .contains("wiremesh_build_info{component=\"agent\"")
        .contains("wiremesh_peers{network=\"home\",state=\"never\"} 1.0")
        .contains("wiremesh_peer_connected{network=\"home\",peer=\"default/laptop\"} 0.0")
        .contains("wiremesh_desired_generation{network=\"home\"} 2.0")
        .contains("wiremesh_applied_generation{network=\"home\"} 0.0")
        .doesNotContain("wiremesh_peer_last_handshake_timestamp_seconds")
        .doesNotContain("wiremesh_peer_receive_bytes_total")
        .doesNotContain("wiremesh_peer_rtt_seconds", "wiremesh_handshake_duration_seconds")
        .doesNotContain("wiremesh_routes", "wiremesh_offload_enabled");
    assertThat(scrape(Connectivity.UNKNOWN, true, 2))
        .contains("wiremesh_applied_generation{network=\"home\"} 2.0")
        .contains(
            "wiremesh_peer_last_handshake_timestamp_seconds{network=\"home\",peer=\"default/laptop\"}"
                + " 1.7723664E9")
        .doesNotContain("wiremesh_peer_connected");
  }

  @Test
  void withoutNetworksThereIsOnlyTheBuild() {
    try (var metrics = new AgentMetrics("1.2.3", Compatibility.NONE)) {
      metrics.collect(List::of);
      assertThat(metrics.scrape())
          .contains("version=\"1.2.3\"")
          .doesNotContain("wiremesh_peer", "wiremesh_handshakes");
    }
  }

  private static String scrape(Connectivity state, boolean handshake, long applied) {
    var last = handshake ? Instant.parse("2026-03-01T12:00:00Z") : null;
    var network =
        new LiveNetwork(
            new NetworkStatus(
                "home",
                Map.of(KEY, LAPTOP),
                Map.of(KEY, new ObservedPeer(LAPTOP, state, last, null)),
                Map.of(),
                GroupState.NONE,
                2,
                applied),
            null,
            new LatencyStats());
    try (var metrics = new AgentMetrics("1.2.3", Compatibility.NONE)) {
      metrics.collect(() -> List.of(network));
      return metrics.scrape();
    }
  }
}
