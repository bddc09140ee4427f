package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.host.Relay;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An agent on a host whose API server is on another host, behind a Service address, and a Peer that
 * brings a route over one of these addresses and never connects.
 *
 * <p>Takes a minute: an agent starts for each test, and probes take seconds on purpose.
 */
@RequiresTun
@RequiresKubernetes(own = true)
@RequiresTool({"nft", "curl"})
@ConcurrentClass
final class ApiServerBehindARouteTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String SERVICE = "10.96.0.1";
  private static final String ENDPOINT = "172.20.0.5";
  private static final String TABLE = "51900";

  private final AgentTestCluster cluster;
  private final ControlPlane controlPlane;
  private final Path folder;
  private final Hosts hosts = Hosts.forTest("ar");
  private final Host node = hosts.create("node");
  private final Host control = hosts.create("control");
  private final List<ManagedProcess> processes = new ArrayList<>();
  private @Nullable Relay relay;
  private @Nullable ManagedProcess agent;
  private int started;

  ApiServerBehindARouteTest(ControlPlane controlPlane, @TempDir Path folder) throws IOException {
    this.controlPlane = controlPlane;
    this.folder = folder;
    cluster = new AgentTestCluster(controlPlane);
  }

  @BeforeEach
  void connect() throws IOException {
    node.connect("eth0", control, "eth0");
    node.address("eth0", "172.31.0.1/24");
    control.address("eth0", "172.31.0.100/24");
    for (var address : List.of(SERVICE, ENDPOINT)) {
      control.address("lo", address + "/32");
      node.route(address + "/32", "172.31.0.100");
    }
    var socket = folder.resolve("api.sock").toString();
    relay = Relay.start(socket, URI.create(controlPlane.server()).getAuthority());
    processes.add(
        control.start(
            "relay",
            java(Relay.class, SERVICE + ":443", socket, ENDPOINT + ":6443", socket),
            Map.of(),
            folder.resolve("relay.log")));
    await()
        .atMost(PATIENCE)
        .until(() -> Files.readString(folder.resolve("relay.log")).contains("ready"));

    cluster.network("home", 51900);
    cluster
        .client()
        .resources(WireGuardNetwork.class)
        .withName("home")
        .edit(network -> {
          var routes = new WireGuardNetworkSpec.PeerRoutes();
          routes.allowed = List.of("10.0.0.0/8", "172.16.0.0/12");
          network.getSpec().peerRoutes = routes;
          return network;
        });
    cluster.meshNode("home", "node-a", true, "172.31.0.1", 1);
    Files.writeString(
        folder.resolve("kubeconfig"), cluster.agentKubeconfig("node-a", "https://" + SERVICE));
    startAgent();
    awaitRoutesCondition("True Programmed");
  }

  @AfterEach
  void tearDown() throws IOException {
    if (agent != null) {
      agent.close();
    }
    processes.forEach(ManagedProcess::close);
    hosts.close();
    cluster.close();
    if (relay != null) {
      relay.close();
    }
  }

  @Test
  void peerRouteOverTheApiServerHidesItFromNoAgent() throws IOException {
    peer("10.96.0.0/16");
    awaitTable("10.96.0.0/16 dev wg-home", "throw " + SERVICE);
    deletePeer();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(table()).doesNotContain("10.96.0.0/16"));
    assertThat(log()).doesNotContain("Route withdrawn");
  }

  /** As kube-proxy does: the node sees the Service address, and its packets have another one. */
  @Test
  void routeOverTheTranslatedAddressIsWithdrawnAndTheAgentHearsOn() throws IOException {
    translateServiceAddress();
    agent().stop(PATIENCE);
    startAgent();
    peer("172.20.0.0/16");
    awaitRoutesCondition("False RouteWithdrawn");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(table()).doesNotContain("172.20.0.0/16");
          assertThat(message())
              .isEqualTo(
                  "Route 172.20.0.0/16 of Peer default/office is withdrawn on this node: with it"
                      + " the API server could not be reached. Remove it from spec.routes of the"
                      + " Peer, or make it narrower.");
        });

    // The next agent has the plan from disk, and the withdrawal with it.
    agent().kill();
    startAgent();
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(node.command("curl", "-sf", "http://127.0.0.1:9586/metrics").run().output())
                .contains("wiremesh_routes{network=\"home\",state=\"withdrawn\"} 1.0"));
    assertThat(log()).doesNotContain("add route 172.20.0.0/16");

    // Without the file it programs the route again, and withdraws it again.
    agent().kill();
    node.exec("rm", "/var/lib/wiremesh/networks/home.withdrawn.json");
    startAgent();
    await().atMost(PATIENCE).until(() -> log().contains("Route withdrawn"));
    assertThat(log()).contains("add route 172.20.0.0/16");
    awaitRoutesCondition("False RouteWithdrawn");

    deletePeer();
    awaitRoutesCondition("True Programmed");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(node.command("ls", "/var/lib/wiremesh/networks").run().output())
                .doesNotContain("withdrawn")
                .contains("api-server.addresses"));
  }

  /** The node drops the replies to the marked probe, since the route to their source is hidden. */
  @Test
  void routeIsWithdrawnWhereTheReversePathFilterIsStrict() throws IOException {
    translateServiceAddress();
    node.exec("sh", "-c", "echo 1 > /proc/sys/net/ipv4/conf/eth0/rp_filter");
    agent().stop(PATIENCE);
    startAgent();
    peer("172.20.0.0/16");
    awaitRoutesCondition("False RouteWithdrawn");
    assertThat(log()).contains("add route 172.20.0.0/16");
    assertThat(table()).doesNotContain("172.20.0.0/16");
    assertThat(AgentTestCluster.condition(cluster.meshNode("home", "node-a"), "Ready"))
        .isEqualTo("True Ready");
  }

  private void translateServiceAddress() {
    node.exec(
        "nft",
        "add table ip services;"
            + " add chain ip services out { type nat hook output priority -100; };"
            + " add rule ip services out ip daddr 10.96.0.1 tcp dport 443 dnat to 172.20.0.5:6443");
  }

  private void peer(String route) {
    var key = PrivateKey.generate(new SecureRandom()).publicKey();
    cluster.peer("home", "office", key, "10.70.1.1", "node-a");
    cluster
        .client()
        .resources(Peer.class)
        .inNamespace("default")
        .withName("office")
        .edit(peer -> {
          var brought = new PeerSpec.Route();
          brought.cidr = route;
          peer.getSpec().routes.add(brought);
          return peer;
        });
    // As an operator that knows nothing of this API server's address.
    cluster
        .client()
        .resources(Peer.class)
        .inNamespace("default")
        .withName("office")
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"routes\":[{\"cidr\":\"%s\",\"state\":\"Accepted\"}]}}"
                .formatted(route));
  }

  private void deletePeer() {
    cluster.delete(cluster.peer("office"));
  }

  private void awaitTable(String... routes) {
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(table()).contains(routes));
  }

  private void awaitRoutesCondition(String statusAndReason) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    AgentTestCluster.condition(
                        cluster.meshNode("home", "node-a"), "RoutesProgrammed"))
                .as(agent().lastLines(20))
                .isEqualTo(statusAndReason));
  }

  private String message() {
    return cluster.meshNode("home", "node-a").getStatus().conditions.stream()
        .filter(condition -> condition.getType().equals("RoutesProgrammed"))
        .findFirst()
        .orElseThrow()
        .getMessage();
  }

  private String table() {
    return node.command("ip", "route", "show", "table", TABLE).run().output();
  }

  private void startAgent() {
    agent =
        node.start(
            "agent",
            java(AgentMain.class),
            Map.of(
                AgentConfig.NODE_NAME,
                "node-a",
                "KUBECONFIG",
                folder.resolve("kubeconfig").toString(),
                "LOG_LEVEL",
                "DEBUG"),
            folder.resolve("agent-" + ++started + ".log"));
  }

  private ManagedProcess agent() {
    if (agent == null) {
      throw new IllegalStateException("there is no agent");
    }
    return agent;
  }

  private String log() throws IOException {
    return Files.readString(agent().log());
  }

  private static List<String> java(Class<?> program, String... arguments) {
    return JavaProgram.command(List.of("-Xmx128m"), program, arguments);
  }
}
