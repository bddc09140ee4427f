package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.host.Relay;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.wireguard.daemon.WgMain;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * Two agents as processes on two hosts, under their shipped rights, at a real API server where the
 * test stands in for the operator; a third host is an outside peer. One life of a mesh, in order.
 */
@RequiresTun
@RequiresKubernetes
@RequiresTool({"wg", "ping"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class AgentsOnHostsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String API = "127.0.0.1:6443";
  private static final String WG = "wg-home";

  @TempDir private static @Nullable Path folder;

  private final ControlPlane controlPlane;
  private final TestCluster cluster;
  private final Hosts hosts = Hosts.forTest("ag");
  private final Map<String, Host> nodes = new HashMap<>();
  private final Map<String, ManagedProcess> agents = new HashMap<>();
  private final List<ManagedProcess> relays = new ArrayList<>();
  private @Nullable Relay relay;
  private @Nullable Host laptop;
  private String gatewayKey = "";
  private int started;

  AgentsOnHostsTest(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    this.cluster = new TestCluster(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    var underlay = hosts.create("underlay");
    underlay.createBridge("br0");
    startRelay();
    gatewayKey = cluster.network("home", 51900).toString();
    for (var name : List.of("a", "b")) {
      var number = name.equals("a") ? 1 : 2;
      var host = hosts.create("node-" + name);
      host.connectToBridge("eth0", underlay, "br0", "to-" + name);
      host.address("eth0", "172.31.0." + number + "/24");
      nodes.put("node-" + name, host);
      startRelayOn(host);
      Files.writeString(
          kubeconfig("node-" + name), cluster.agentKubeconfig("node-" + name, "https://" + API));
      cluster.meshNode("home", "node-" + name, name.equals("a"), "172.31.0." + number, number);
      startAgent("node-" + name);
    }
    var outside = hosts.create("laptop");
    outside.connectToBridge("eth0", underlay, "br0", "to-laptop");
    outside.address("eth0", "172.31.0.9/24");
    laptop = outside;
  }

  @AfterAll
  void tearDown() throws IOException {
    agents.values().forEach(ManagedProcess::close);
    relays.forEach(ManagedProcess::close);
    hosts.close();
    cluster.close();
    stopRelay();
  }

  @Test
  @Order(1)
  void nodesReachEachOtherAndSaySo() {
    for (var node : nodes.keySet()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(TestCluster.condition(cluster.meshNode("home", node), "Ready"))
                  .as(agents.get(node) == null ? "" : agent(node).lastLines(20))
                  .isEqualTo("True Ready"));
    }
    for (var address : List.of("10.70.0.2", "fd70::2")) {
      awaitPing("node-a", address);
    }
    awaitPing("node-b", "10.70.0.1");
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
    assertThat(host("node-a").exec("wg", "show", WG, "peers"))
        .isEqualTo(cluster.meshNode("home", "node-b").getStatus().publicKey);
  }

  @Test
  @Order(2)
  void outsidePeerEntersByItsGatewayAndIsReportedConnected() throws IOException {
    var key = PrivateKey.generate(new SecureRandom());
    cluster.peer("home", "laptop", key.publicKey(), "10.70.1.1", "node-a");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(connectivity()).isEqualTo(PeerStatus.State.NEVER));

    startLaptop(key);
    awaitPing("laptop", "10.70.0.1");
    awaitPing("laptop", "10.70.0.2");
    awaitPing("node-b", "10.70.1.1");
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
    var metrics = metrics("node-a");
    assertThat(metrics)
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
        .containsPattern(
            "wiremesh_peer_rtt_seconds_count\\{network=\"home\",peer=\"default/laptop\","
                + "source=\"handshake\"\\} [1-9]")
        .containsPattern(
            "wiremesh_handshake_duration_seconds_sum\\{direction=\"incoming\",network=\"home\"\\}"
                + " 0\\.0*[1-9]")
        .contains("wiremesh_routes{network=\"home\",state=\"programmed\"} 2.0")
        .contains("wiremesh_offload_enabled{kind=\"tun-read\",network=\"home\"} 1.0")
        .doesNotContain("NaN");
    assertThat(host("node-a").exec("wg", "show", WG, "latest-handshakes")).doesNotContain("\t0");
  }

  @Test
  @Order(4)
  void gatewayRenewsItsLeaseAndOthersHaveNone() {
    var leases = cluster.client().leases().inNamespace(TestCluster.NAMESPACE);
    var first = leases.withName("wiremesh-gateway-node-a").get().getSpec().getRenewTime();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(leases.withName("wiremesh-gateway-node-a").get().getSpec().getRenewTime())
                .isAfter(first));
    assertThat(leases.withName("wiremesh-gateway-node-b").get()).isNull();
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
    host("laptop").ip("address", "add", "192.168.77.1/32", "dev", "lo");
    awaitPing("node-b", "192.168.77.1");
    assertThat(host("node-b").ip("route", "show", "table", "51900"))
        .contains("192.168.77.0/24 dev " + WG + " proto 87");
  }

  @Test
  @Order(5)
  void sessionsSurviveTheApiServerAndTheAgent() throws IOException {
    var before = host("node-b").exec("wg", "show", WG, "latest-handshakes");
    stopRelay();
    awaitPing("laptop", "10.70.0.2");
    assertThat(host("node-b").exec("wg", "show", WG, "latest-handshakes")).isEqualTo(before);
    startRelay();

    agent("node-b").stop(Duration.ofSeconds(10));
    assertThat(host("node-b").ip("-brief", "address", "show", WG))
        .contains("10.70.0.2/32", "fd70::2/128");
    assertThat(host("node-b").ip("rule")).contains("lookup 51900");
    assertThat(host("node-b").ip("route", "show", "table", "51900")).contains("10.70.0.0/16");
    startAgent("node-b");
    awaitPing("node-b", "10.70.0.1");
    awaitPing("laptop", "10.70.0.2");
    assertThat(agent("node-b").lastLines(50)).doesNotContain("Host changed");
  }

  @Test
  @Order(6)
  void apiServerAwayForAMinuteLosesNoPacket() throws IOException {
    stopRelay();
    var ping =
        host("laptop")
            .command("ping", "-n", "-q", "-i", "0.1", "-c", "620", "-W", "5", "10.70.0.2")
            .withTimeout(Duration.ofMinutes(3))
            .run();
    startRelay();
    assertThat(ping.output()).contains("620 packets transmitted, 620 received, 0% packet loss");
  }

  /** As after a power cut: neither process nor interface, addresses, routes or rules. */
  @Test
  @Order(7)
  void nodeThatStartsWithoutTheApiServerFindsItsMesh() throws Exception {
    stopRelay();
    for (var name : nodes.keySet()) {
      agent(name).kill();
      host(name).ip("link", "delete", WG);
      for (var family : List.of("-4", "-6")) {
        host(name).ip(family, "rule", "delete", "table", "51900");
      }
    }
    for (var name : nodes.keySet()) {
      startAgent(name, Map.of("WIREMESH_OFFLOADS", "udp-receive"));
    }
    awaitPing("node-b", "10.70.0.1");
    awaitPing("node-a", "fd70::2");
    assertThat(metrics("node-a"))
        .contains("wiremesh_offload_enabled{kind=\"tun-read\",network=\"home\"} 0.0")
        .contains("wiremesh_offload_enabled{kind=\"udp-send\",network=\"home\"} 0.0");
    // The laptop knows nothing of all this; the gateway shakes hands with it where it was.
    awaitPing("node-b", "10.70.1.1");
    for (var name : nodes.keySet()) {
      assertThat(log(name)).contains("The API server does not answer");
      assertThat(host(name).exec("stat", "-c", "%a", "/var/lib/wiremesh/networks"))
          .isEqualTo("700");
    }

    try (var pings = Executors.newSingleThreadExecutor()) {
      var ping =
          pings.submit(() ->
              host("node-b")
                  .command("ping", "-n", "-q", "-i", "0.1", "-c", "300", "-W", "5", "10.70.0.1")
                  .withTimeout(Duration.ofMinutes(2))
                  .run());
      startRelay();
      for (var name : nodes.keySet()) {
        await()
            .atMost(PATIENCE.multipliedBy(2))
            .untilAsserted(() -> assertThat(log(name)).contains("The API server answers"));
      }
      assertThat(ping.get().output()).contains("300 packets transmitted, 300 received");
    }
    for (var name : nodes.keySet()) {
      assertThat(log(name))
          .as("opened once, and never touched again")
          .containsOnlyOnce("Device opened");
    }
  }

  @Test
  @Order(8)
  void deletedPeerLosesItsSessionWithinASecond() {
    cluster.delete(cluster.peer("laptop"));
    await()
        .atMost(Duration.ofSeconds(1))
        .pollInterval(Duration.ofMillis(50))
        .untilAsserted(() ->
            assertThat(host("node-a").exec("wg", "show", WG, "allowed-ips"))
                .doesNotContain("10.70.1.1"));
    assertThat(host("laptop").ping("10.70.0.1").succeeded()).isFalse();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(host("node-b").ip("route", "show", "table", "51900"))
                .doesNotContain("192.168.77.0/24"));
  }

  @Test
  @Order(9)
  void deletedNetworkLeavesNothingBehind() {
    cluster.client().resources(WireGuardNetwork.class).withName("home").delete();
    for (var node : nodes.keySet()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(host(node).ip("link")).doesNotContain(WG);
            assertThat(host(node).ip("rule")).doesNotContain("51900");
            assertThat(host(node).ip("-6", "rule")).doesNotContain("51900");
          });
      assertThat(host(node).command("ip", "route", "show", "table", "51900").run().output())
          .isEmpty();
    }
    cluster.client().resources(MeshNode.class).delete();
  }

  private PeerStatus.@Nullable State connectivity() {
    var connectivity = cluster.peer("laptop").getStatus().connectivity;
    return connectivity == null ? null : connectivity.state;
  }

  private void startLaptop(PrivateKey key) throws IOException {
    var host = host("laptop");
    var keyFile = folder().resolve("laptop.key");
    Files.writeString(keyFile, key.toBase64());
    relays.add(
        host.start("wg", java(WgMain.class, "-f", "wg0"), Map.of(), folder().resolve("wg.log")));
    await().atMost(PATIENCE).until(() -> host.command("wg", "show", "wg0").run().succeeded());
    host.exec("wg", "set", "wg0", "private-key", keyFile.toString());
    host.exec(
        "wg",
        "set",
        "wg0",
        "peer",
        gatewayKey,
        "endpoint",
        "172.31.0.1:51900",
        "allowed-ips",
        "10.70.0.0/16",
        "persistent-keepalive",
        "25");
    host.address("wg0", "10.70.1.1/32");
    host.ip("link", "set", "wg0", "up");
    host.ip("route", "add", "10.70.0.0/16", "dev", "wg0");
  }

  private void startAgent(String node) {
    startAgent(node, Map.of());
  }

  private void startAgent(String node, Map<String, String> more) {
    var environment = new HashMap<>(more);
    environment.put(AgentConfig.NODE_NAME, node);
    environment.put("KUBECONFIG", kubeconfig(node).toString());
    environment.put("LOG_LEVEL", "DEBUG");
    agents.put(
        node,
        host(node)
            .start(
                "agent",
                java(AgentMain.class),
                environment,
                folder().resolve(node + "-" + ++started + ".log")));
  }

  private void startRelay() throws IOException {
    relay =
        Relay.start(
            folder().resolve("api.sock").toString(),
            URI.create(controlPlane.server()).getAuthority());
  }

  private void stopRelay() throws IOException {
    if (relay != null) {
      relay.close();
      relay = null;
    }
  }

  private void startRelayOn(Host host) {
    relays.add(
        host.start(
            "relay",
            java(Relay.class, API, folder().resolve("api.sock").toString()),
            Map.of(),
            folder().resolve(host.name() + "-relay.log")));
  }

  private static List<String> java(Class<?> program, String... arguments) {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-cp",
                System.getProperty("java.class.path"),
                program.getName()));
    command.addAll(List.of(arguments));
    return command;
  }

  private String metrics(String node) {
    return host(node).exec("curl", "-sf", "http://127.0.0.1:9586/metrics");
  }

  private void awaitPing(String from, String to) {
    await().atMost(PATIENCE).until(() -> host(from).ping(to).succeeded());
  }

  private Host host(String name) {
    var host = name.equals("laptop") ? laptop : nodes.get(name);
    if (host == null) {
      throw new IllegalArgumentException("there is no host " + name);
    }
    return host;
  }

  private ManagedProcess agent(String node) {
    var agent = agents.get(node);
    if (agent == null) {
      throw new IllegalArgumentException("there is no agent on " + node);
    }
    return agent;
  }

  private String log(String node) {
    try {
      return Files.readString(agent(node).log());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path kubeconfig(String node) {
    return folder().resolve(node + ".kubeconfig");
  }

  private static Path folder() {
    if (folder == null) {
      throw new IllegalStateException("JUnit makes it first");
    }
    return folder;
  }
}
