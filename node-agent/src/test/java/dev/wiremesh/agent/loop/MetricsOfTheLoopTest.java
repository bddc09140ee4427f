package dev.wiremesh.agent.loop;

import static dev.wiremesh.agent.loop.FakeObjects.key;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.route.RouteFinding;
import dev.wiremesh.agent.metrics.AgentMetrics;
import dev.wiremesh.agent.metrics.Compatibility;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.device.DeviceEvent.HandshakeCompleted;
import dev.wiremesh.wireguard.device.DeviceEvent.ProbeAnswered;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The metrics of a running loop. */
final class MetricsOfTheLoopTest {
  private final LoopFixture agent;
  private final FakeWorld world;
  private final FakeObjects objects;
  @AutoClose private final AgentMetrics metrics;

  MetricsOfTheLoopTest(@TempDir Path folder) {
    agent = new LoopFixture(folder);
    world = agent.world;
    objects = agent.objects;
    metrics = new AgentMetrics("1.2.3", Compatibility.NONE);
    metrics.collect(() -> agent.loop().live());
  }

  @Test
  void handshakesAreCountedByTheirLengthAndForgottenWithTheirPeer() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(metrics.scrape()).doesNotContain("wiremesh_peer_rtt", "handshake_duration");

    var events = agent.device().events;
    events.accept(new HandshakeCompleted(key("laptop"), false, Duration.ofMillis(3)));
    events.accept(new HandshakeCompleted(key("laptop"), false, Duration.ofMillis(30)));
    events.accept(new HandshakeCompleted(key("laptop"), false, null));
    events.accept(new HandshakeCompleted(key("node-b"), true, Duration.ofSeconds(7)));
    agent.step();
    assertThat(metrics.scrape().lines().filter(line -> line.matches(".*(rtt|duration)_seconds.*")))
        .contains(
            "wiremesh_handshake_duration_seconds_bucket{direction=\"incoming\",network=\"home\",le=\"0.0025\"} 0",
            "wiremesh_handshake_duration_seconds_bucket{direction=\"incoming\",network=\"home\",le=\"0.005\"} 1",
            "wiremesh_handshake_duration_seconds_bucket{direction=\"incoming\",network=\"home\",le=\"0.05\"} 2",
            "wiremesh_handshake_duration_seconds_count{direction=\"incoming\",network=\"home\"} 2",
            "wiremesh_handshake_duration_seconds_sum{direction=\"incoming\",network=\"home\"} 0.033",
            "wiremesh_handshake_duration_seconds_bucket{direction=\"outgoing\",network=\"home\",le=\"5.0\"} 0",
            "wiremesh_handshake_duration_seconds_bucket{direction=\"outgoing\",network=\"home\",le=\"+Inf\"} 1",
            "wiremesh_peer_rtt_seconds_count{network=\"home\",peer=\"default/laptop\",source=\"handshake\"} 2",
            "wiremesh_peer_rtt_seconds_count{network=\"home\",peer=\"node-b\",source=\"handshake\"} 1");

    objects.peers.remove("laptop");
    objects.changed();
    agent.step();
    assertThat(metrics.scrape())
        .doesNotContain("default/laptop")
        .contains("wiremesh_handshake_duration_seconds_count{direction=\"incoming\"");
  }

  @Test
  void probesAreCountedBesideHandshakes() {
    objects.network("home", 51900);
    agent.step();
    agent
        .device()
        .events
        .accept(new HandshakeCompleted(key("node-b"), true, Duration.ofMillis(30)));
    agent.device().events.accept(new ProbeAnswered(key("node-b"), Duration.ofMillis(3)));
    agent.step();
    assertThat(metrics.scrape())
        .contains(
            "wiremesh_peer_rtt_seconds_sum{network=\"home\",peer=\"node-b\",source=\"handshake\"} 0.03",
            "wiremesh_peer_rtt_seconds_sum{network=\"home\",peer=\"node-b\",source=\"probe\"} 0.003");

    objects.meshNodes.remove("home.node-b");
    objects.changed();
    agent.step();
    assertThat(metrics.scrape()).doesNotContain("source=\"probe\"");
  }

  @Test
  void routesAreCountedByWhatBecameOfThem() {
    objects.network("home", 51900);
    var office = objects.peer("home", "office", 1, "192.168.7.0/24", "8.8.8.0/24");
    office.getStatus().routes.getLast().state = PeerStatus.RouteState.REJECTED;
    objects.peer("home", "younger", 2, "192.168.7.0/24");
    world.findings.add(
        new RouteFinding(
            RouteFinding.Cause.CONNECTED, "192.168.9.0/24 is not routed into the mesh."));
    agent.step();
    assertThat(metrics.scrape())
        .contains(
            "wiremesh_routes{network=\"home\",state=\"programmed\"} 1.0",
            "wiremesh_routes{network=\"home\",state=\"connected\"} 1.0",
            "wiremesh_routes{network=\"home\",state=\"conflict\"} 1.0",
            "wiremesh_routes{network=\"home\",state=\"rejected\"} 1.0",
            "wiremesh_routes{network=\"home\",state=\"standby\"} 0.0");
  }

  @Test
  void batchesAreCountedByTheirSize() {
    objects.network("home", 51900);
    agent.step();
    assertThat(metrics.scrape())
        .contains(
            "wiremesh_batch_packets_bucket{direction=\"outgoing\",network=\"home\",le=\"1.0\"} 3",
            "wiremesh_batch_packets_bucket{direction=\"outgoing\",network=\"home\",le=\"64.0\"} 4",
            "wiremesh_batch_packets_bucket{direction=\"outgoing\",network=\"home\",le=\"128.0\"} 6",
            "wiremesh_batch_packets_count{direction=\"outgoing\",network=\"home\"} 6",
            "wiremesh_batch_packets_sum{direction=\"outgoing\",network=\"home\"} 205.0",
            "wiremesh_batch_packets_count{direction=\"incoming\",network=\"home\"} 0");
  }

  @Test
  void offloadsAreShownAsTheyAre() {
    objects.network("home", 51900);
    agent.step();
    assertThat(metrics.scrape())
        .contains(
            "wiremesh_offload_enabled{kind=\"tun-read\",network=\"home\"} 1.0",
            "wiremesh_offload_enabled{kind=\"tun-write\",network=\"home\"} 0.0",
            "wiremesh_offload_enabled{kind=\"tun-queues\",network=\"home\"} 1.0",
            "wiremesh_offload_enabled{kind=\"udp-send\",network=\"home\"} 1.0",
            "wiremesh_offload_enabled{kind=\"udp-receive\",network=\"home\"} 0.0");
  }

  @Test
  void packetsOfAPeerAreCounted() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(metrics.scrape())
        .contains(
            "wiremesh_peer_receive_packets_total{network=\"home\",peer=\"default/laptop\"} 1.0",
            "wiremesh_peer_transmit_packets_total{network=\"home\",peer=\"default/laptop\"} 2.0",
            "wiremesh_peer_receive_lost_packets_total{network=\"home\",peer=\"default/laptop\"} 3.0",
            "wiremesh_peer_receive_reordered_packets_total{network=\"home\",peer=\"default/laptop\"} 4.0");
  }

  @Test
  void dashboardsOfTheExporterFindWhatTheyKnow() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    assertThat(metrics.scrape()).as("not enabled").doesNotContain("wireguard_");
    try (var both = new AgentMetrics("1.2.3", Compatibility.WIREGUARD_EXPORTER)) {
      both.collect(() -> agent.loop().live());
      var labels =
          "{allowed_ips=\"10.70.1.1/32\",friendly_name=\"default/laptop\",interface=\"wg-home\",public_key=\""
              + key("laptop")
              + "\"}";
      assertThat(both.scrape())
          .contains("wiremesh_peer_transmit_bytes_total")
          .contains("# TYPE wireguard_sent_bytes_total counter")
          .contains("wireguard_sent_bytes_total" + labels + " 20.0")
          .contains("# TYPE wireguard_received_bytes_total counter")
          .contains("wireguard_received_bytes_total" + labels + " 10.0")
          .doesNotContain("wireguard_latest_handshake_seconds{");
      agent.device().handshakes.put(key("laptop"), Instant.parse("2026-03-01T12:00:00.7Z"));
      assertThat(both.scrape())
          .contains("# TYPE wireguard_latest_handshake_seconds gauge")
          .contains("wireguard_latest_handshake_seconds" + labels + " 1.7723664E9");
    }
  }

  @Test
  void peersEndpointStandsInItsInfo() {
    objects.network("home", 51900);
    objects.peer("home", "laptop", 1);
    agent.step();
    agent
        .device()
        .endpoints
        .put(key("laptop"), UdpEndpoint.of(IpAddress.parse("198.51.100.7"), 4711));
    assertThat(metrics.scrape()).contains("endpoint=\"198.51.100.7:4711\"");
  }
}
