package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Two agents as processes on two hosts, under their shipped rights, at a real API server where the
 * test stands in for the operator; a third host is an outside peer. One life of a mesh, in order.
 *
 * <p>Takes two minutes: the API server is away for one of them.
 */
@RequiresKubernetes(own = true)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ConcurrentClass
final class AgentsOnHostsTest extends OnHosts {
  private static final String WG = "wg-home";

  AgentsOnHostsTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.build();
  }

  @Test
  @Order(1)
  void nodesReachEachOtherAndSaySo() {
    for (var node : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(AgentTestCluster.condition(cluster.meshNode("home", node), "Ready"))
                  .as(mesh.agent(node).lastLines(20))
                  .isEqualTo("True Ready"));
    }
    for (var address : List.of("10.70.0.2", "fd70::2")) {
      mesh.awaitPing("node-a", address);
    }
    mesh.awaitPing("node-b", "10.70.0.1");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          var status = cluster.meshNode("home", "node-b").getStatus();
          var counts = Optional.ofNullable(status.peers).orElseThrow();
          assertThat(counts.total).isEqualTo(1);
          assertThat(counts.connected).isEqualTo(1);
          assertThat(status.mtu).isEqualTo(1440);
          assertThat(status.problemPeers).isEmpty();
        });
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host("node-a").exec("wg", "show", WG, "peers"))
                .isEqualTo(cluster.meshNode("home", "node-b").getStatus().publicKey));
  }

  /** The kernel of node-b never sees one: what is answered there is answered by its agent. */
  @Test
  @Order(1)
  void roundTripsBetweenNodesAreProbedInsideTheTunnelWhileThereIsTraffic() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          mesh.awaitPing("node-a", "10.70.0.2");
          assertThat(mesh.metrics("node-a"))
              .contains(
                  "wiremesh_peer_rtt_seconds_count{network=\"home\",peer=\"node-b\",source=\"probe\"}");
        });
  }

  @Test
  @Order(2)
  void outsidePeerEntersByItsGatewayAndIsReportedConnected() throws IOException {
    var key = PrivateKey.generate(new SecureRandom());
    cluster.peer("home", "laptop", key.publicKey(), "10.70.1.1", "node-a");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(connectivity()).isEqualTo(PeerStatus.State.NEVER));

    mesh.startLaptop(key);
    mesh.awaitPing("laptop", "10.70.0.1");
    mesh.awaitPing("laptop", "10.70.0.2");
    mesh.awaitPing("node-b", "10.70.1.1");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(connectivity()).isEqualTo(PeerStatus.State.CONNECTED));
    var status = cluster.peer("laptop").getStatus();
    assertThat(status.homeGateway).isEqualTo("node-a");
    assertThat(status.conditions)
        .extracting(condition -> condition.getType() + " " + condition.getReason())
        .containsExactly("Connected HandshakeFresh");
  }

  @Test
  @Order(3)
  void metricsSayWhatTheDeviceCounts() {
    // A handshake whose first packet was lost measures nothing; the next one does.
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.metrics("node-a"))
                .contains("wiremesh_peer_connected{network=\"home\",peer=\"default/laptop\"} 1.0")
                .contains("wiremesh_peers{network=\"home\",state=\"connected\"} 2.0")
                .containsPattern(
                    "wiremesh_handshakes_total\\{direction=\"incoming\",network=\"home\",result=\"completed\"\\}"
                        + " [1-9]")
                .containsPattern(
                    "wiremesh_peer_receive_bytes_total\\{network=\"home\",peer=\"node-b\"\\} [1-9]")
                .containsPattern("wiremesh_applied_generation\\{network=\"home\"\\} [1-9]")
                .contains("wiremesh_build_info{component=\"agent\"")
                .contains("wiremesh_plan_apply_duration_seconds_count{network=\"home\"}")
                .contains("wiremesh_routes{network=\"home\",state=\"programmed\"} 2.0")
                .contains("wiremesh_offload_enabled{kind=\"tun-read\",network=\"home\"} 1.0")
                .doesNotContain("NaN")
                .containsPattern(
                    "wiremesh_peer_rtt_seconds_count\\{network=\"home\",peer=\"default/laptop\","
                        + "source=\"handshake\"\\} [1-9]")
                .containsPattern(
                    "wiremesh_handshake_duration_seconds_sum\\{direction=\"incoming\",network=\"home\"\\}"
                        + " [0-9.]*[1-9]"));
  }

  @Test
  @Order(4)
  void everyAgentRenewsTheLeaseOfItsNode() {
    var leases = cluster.client().leases().inNamespace(AgentTestCluster.NAMESPACE);
    for (var node : mesh.nodes()) {
      var lease = leases.withName("wiremesh-gateway-" + node);
      await().atMost(PATIENCE).until(() -> lease.get() != null);
      var first = lease.get().getSpec().getRenewTime();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(lease.get().getSpec().getRenewTime()).isAfter(first));
    }
  }

  @Test
  @Order(4)
  void routesOfAPeerLeadThereFromEveryNode() {
    cluster
        .client()
        .resources(Peer.class)
        .inNamespace("default")
        .withName("laptop")
        .edit(peer -> {
          var route = new PeerSpec.Route();
          route.cidr = "192.168.77.0/24";
          peer.getSpec().routes.add(route);
          return peer;
        });
    cluster
        .client()
        .resources(Peer.class)
        .inNamespace("default")
        .withName("laptop")
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"routes\":[{\"cidr\":\"192.168.77.0/24\",\"state\":\"Accepted\"}]}}");
    mesh.host("laptop").ip("address", "add", "192.168.77.1/32", "dev", "lo");
    mesh.awaitPing("node-b", "192.168.77.1");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(routesOf("node-b")).contains("192.168.77.0/24 dev " + WG + " proto 87"));
  }

  @Test
  @Order(5)
  void sessionsSurviveTheApiServerAndTheAgent() throws IOException {
    // A regular handshake of a session that is two minutes old may fall into one attempt.
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          mesh.stopApi();
          var before = mesh.host("node-b").exec("wg", "show", WG, "latest-handshakes");
          mesh.awaitPing("laptop", "10.70.0.2");
          assertThat(mesh.host("node-b").exec("wg", "show", WG, "latest-handshakes"))
              .isEqualTo(before);
        });
    mesh.startApi();

    mesh.agent("node-b").stop(PATIENCE);
    assertThat(mesh.host("node-b").ip("-brief", "address", "show", WG))
        .contains("10.70.0.2/32", "fd70::2/128");
    assertThat(mesh.host("node-b").ip("rule")).contains("lookup 51900");
    assertThat(mesh.host("node-b").ip("route", "show", "table", "51900")).contains("10.70.0.0/16");
    mesh.startAgent("node-b");
    mesh.awaitPing("node-b", "10.70.0.1");
    mesh.awaitPing("laptop", "10.70.0.2");
    assertThat(mesh.agent("node-b").lastLines(50)).doesNotContain("Host changed");
  }

  @Test
  @Order(6)
  void apiServerAwayForAMinuteLosesNoPacket() throws IOException {
    mesh.stopApi();
    var ping =
        mesh.host("laptop")
            .command("ping", "-n", "-q", "-i", "0.1", "-c", "620", "-W", "5", "10.70.0.2")
            .withTimeout(Duration.ofMinutes(3))
            .run();
    mesh.startApi();
    assertThat(ping.output()).contains("620 packets transmitted, 620 received, 0% packet loss");
  }

  /** As after a power cut: neither process nor interface, addresses, routes or rules. */
  @Test
  @Order(7)
  void nodeThatStartsWithoutTheApiServerFindsItsMesh() throws Exception {
    mesh.stopApi();
    for (var name : mesh.nodes()) {
      mesh.agent(name).kill();
      mesh.host(name).ip("link", "delete", WG);
      for (var family : List.of("-4", "-6")) {
        mesh.host(name).ip(family, "rule", "delete", "table", "51900");
      }
    }
    for (var name : mesh.nodes()) {
      mesh.startAgent(
          name,
          Map.of(
              "WIREMESH_OFFLOADS",
              "udp-receive",
              "WIREMESH_METRICS_COMPATIBILITY",
              "wireguard-exporter"));
    }
    mesh.awaitPing("node-b", "10.70.0.1");
    mesh.awaitPing("node-a", "fd70::2");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.metrics("node-a"))
                .contains("wiremesh_offload_enabled{kind=\"tun-read\",network=\"home\"} 0.0")
                .contains("wiremesh_offload_enabled{kind=\"udp-send\",network=\"home\"} 0.0")
                .containsPattern(
                    "wireguard_received_bytes_total\\{.*friendly_name=\"node-b\".*\\} [1-9]")
                .containsPattern(
                    "wireguard_latest_handshake_seconds\\{.*interface=\"wg-home\",.*\\} [1-9]"));
    // The laptop is not restarted; the gateway dials its persisted endpoint.
    mesh.awaitPing("node-b", "10.70.1.1");
    for (var name : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(mesh.log(name)).contains("The API server does not answer"));
      assertThat(mesh.host(name).exec("stat", "-c", "%a", "/var/lib/wiremesh/networks"))
          .isEqualTo("700");
    }

    try (var pings = Executors.newSingleThreadExecutor()) {
      var ping =
          pings.submit(() ->
              mesh.host("node-b")
                  .command("ping", "-n", "-q", "-i", "0.1", "-c", "300", "-W", "5", "10.70.0.1")
                  .withTimeout(Duration.ofMinutes(2))
                  .run());
      mesh.startApi();
      for (var name : mesh.nodes()) {
        await()
            .atMost(PATIENCE.multipliedBy(2))
            .untilAsserted(() -> assertThat(mesh.log(name)).contains("The API server answers"));
      }
      assertThat(ping.get().output()).contains("300 packets transmitted, 300 received");
    }
    for (var name : mesh.nodes()) {
      assertThat(mesh.log(name))
          .as("opened once, and never touched again")
          .containsOnlyOnce("Device opened");
    }
  }

  @Test
  @Order(8)
  void deletedPeerLosesItsSession() {
    cluster.delete(cluster.peer("laptop"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host("node-a").exec("wg", "show", WG, "allowed-ips"))
                .doesNotContain("10.70.1.1"));
    assertThat(mesh.host("laptop").ping("10.70.0.1").succeeded()).isFalse();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host("node-b").ip("route", "show", "table", "51900"))
                .doesNotContain("192.168.77.0/24"));
  }

  /** Opening a device file on a mount without devices fails as it does in a container. */
  @Test
  @Order(9)
  void deniedTunDeviceNamesTheChartsValue() {
    var host = mesh.host("node-b");
    host.exec("mount", "--bind", "/dev/net/tun", "/dev/net/tun");
    host.exec("mount", "-o", "remount,bind,nodev", "/dev/net/tun");
    host.ip("link", "delete", WG);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNode("home", "node-b").getStatus().conditions)
                .as(mesh.agent("node-b").lastLines(20))
                .filteredOn(condition -> condition.getType().equals("DeviceReady"))
                .singleElement()
                .satisfies(condition -> {
                  assertThat(condition.getReason()).isEqualTo("InterfaceFailed");
                  assertThat(condition.getMessage())
                      .contains("open /dev/net/tun: EACCES", "agent.tunDevice.access")
                      .endsWith(".");
                }));

    host.exec("umount", "/dev/net/tun");
    await()
        .atMost(PATIENCE.multipliedBy(2))
        .untilAsserted(() ->
            assertThat(
                    AgentTestCluster.condition(cluster.meshNode("home", "node-b"), "DeviceReady"))
                .as(mesh.agent("node-b").lastLines(20))
                .isEqualTo("True Ready"));
    mesh.awaitPing("node-b", "10.70.0.1");
  }

  @Test
  @Order(10)
  void deletedNetworkLeavesNothingBehind() {
    cluster.client().resources(WireGuardNetwork.class).withName("home").delete();
    for (var node : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(mesh.host(node).ip("link")).doesNotContain(WG);
            assertThat(mesh.host(node).ip("rule")).doesNotContain("51900");
            assertThat(mesh.host(node).ip("-6", "rule")).doesNotContain("51900");
            assertThat(routesOf(node)).isEmpty();
            assertThat(mesh.host(node).exec("nft", "list", "tables")).isEmpty();
          });
    }
    cluster.client().resources(MeshNode.class).delete();
  }

  private String routesOf(String node) {
    return mesh.host(node).command("ip", "route", "show", "table", "51900").run().output();
  }

  private PeerStatus.@Nullable State connectivity() {
    var connectivity = cluster.peer("laptop").getStatus().connectivity;
    return connectivity == null ? null : connectivity.state;
  }
}
