package dev.wiremesh.e2e.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.e2e.observe.Prometheus.Target;
import dev.wiremesh.lab.cluster.HostRequest;
import dev.wiremesh.lab.cluster.HostRequest.Implementation;
import dev.wiremesh.lab.cluster.Lab;
import dev.wiremesh.lab.cluster.LabDirectory;
import dev.wiremesh.lab.cluster.LabOptions;
import dev.wiremesh.lab.cluster.OutsideHost;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.testkit.process.Reaper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A lab of its own with a real Prometheus beside it: first all is well and every panel has
 * something to show, then things break and the shipped rules notice.
 *
 * <p>Takes three minutes and more: a session is stale after three.
 */
@RequiresTun
@RequiresTool({"ip", "nft", "wg", "wg-quick", "ping", "wireguard-go", "prometheus"})
@ExtendWith(NeedsKubernetes.class)
@ConcurrentClass
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ObservedMeshTest {
  private static final Path CHART = Path.of(System.getProperty("basedir", "."), "../helm/wiremesh");

  /** The {@code for} of the shipped rules is shortened, so that a test does not wait minutes. */
  private static final String FOR = "10s";

  /** And how far back rates look: how the lab began is soon forgotten. */
  private static final String WINDOW = "[1m]";

  /** A session is stale 180 s after its last handshake. */
  private static final Duration LONG = Duration.ofMinutes(8);

  private final List<AutoCloseable> closeables = new ArrayList<>();
  private Lab lab;
  private Prometheus prometheus;
  private String dead = "";

  @BeforeAll
  void startLabAndPrometheus() throws IOException {
    var state = Files.createTempDirectory("wiremesh-observed-");
    Reaper.removeFolderAtExit(state);
    var folder = new LabDirectory("obs" + ProcessHandle.current().pid(), state.resolve("lab"));
    lab =
        Lab.start(
            new LabOptions(folder, 3, List.of(), Optional.empty()),
            System.getenv(),
            System.err::println);
    closeables.add(lab);
    await()
        .alias("the quickstart's mesh is complete")
        .atMost(LONG)
        .untilAsserted(() -> {
          var report = lab.awaitComplete();
          assertThat(report.complete()).as("%s", report).isTrue();
        });
    var report = lab.report();
    var targets = new ArrayList<Target>();
    targets.add(new Target("wiremesh-operator", "", hostAndPort(report.operator().metrics())));
    for (var node : report.nodes()) {
      targets.add(new Target("wiremesh-agent", node.name(), hostAndPort(node.agent().metrics())));
    }
    prometheus = Prometheus.start(state.resolve("prometheus"), targets, rules());
    closeables.add(prometheus);
    join("laptop");
    pullTheCableOf("phone");
  }

  /**
   * The alert about a peer that is gone takes minutes, three of them by the protocol: so this peer
   * goes first, and everything else is looked at meanwhile.
   */
  private void pullTheCableOf(String name) {
    join(name);
    await()
        .alias("Prometheus has seen %s connected".formatted(name))
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(1))
        .until(() ->
            !prometheus
                .query("wiremesh_peer_connected{peer=\"default/%s\"} == 1".formatted(name))
                .isEmpty());
    lab.removeHost(name);
  }

  /** Removes all of it, the last first. */
  @AfterAll
  void remove() throws Exception {
    for (var each : closeables.reversed()) {
      each.close();
    }
  }

  @Test
  @Order(1)
  void everyPanelHasSomethingToShow() {
    var panels =
        Panels.of(
            CHART.resolve("files/dashboards"),
            Map.of(
                "$__rate_interval", "1m",
                "$__range", "5m",
                "$cluster", ".*",
                "$network", "home",
                "$instance", ".*",
                "$peer", "default/laptop"));
    assertThat(panels).hasSizeGreaterThan(40);
    // Rates need two scrapes, and a young Java machine has not collected garbage yet.
    await()
        .alias("panels without an answer")
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() ->
            assertThat(panels.stream().filter(panel -> prometheus.query(panel.query()).isEmpty()))
                .isEmpty());
    await()
        .alias("metrics that no panel's answer needs")
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() -> {
          var known = prometheus.metrics();
          assertThat(panels).allSatisfy(panel -> assertThat(known).containsAll(panel.metrics()));
        });
  }

  /** In what Prometheus has evaluated: the time is Prometheus's own. */
  @Test
  @Order(2)
  void rulesAreSilentWhileAllIsWell() {
    await()
        .alias("evaluations of the rules while the mesh is well")
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(1))
        .untilAsserted(() ->
            assertThat(prometheus.query("max_over_time(ALERTS{alertstate=\"firing\"}[20s])"))
                .filteredOn(alert -> !"default/phone".equals(alert.get("peer")))
                .isEmpty());
    await()
        .alias("every rule is evaluated")
        .atMost(LONG)
        .untilAsserted(() -> assertThat(prometheus.ruleErrors()).isEmpty());
  }

  /** Faults that take minutes to be noticed are made at once; each alert has its own test below. */
  @Test
  @Order(3)
  void thingsBreak() {
    // The key is gone. Within seconds the operator makes another one, of which the laptop does not
    // hear: it goes on with the old one.
    lab.client().secrets().inNamespace("default").withName("laptop-wiremesh").delete();
    dead = nodeThatServesNobody();
    lab.killAgent(dead);
    lab.apply(
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: tiny}
        spec:
          addressPools: [{name: v4, cidr: 10.99.0.0/29}]
          nodes: {selector: {}}
          gateways: {selector: {}}
        """);
    for (int i = 1; i <= 5; i++) {
      lab.apply(peer("guest" + i, "tiny"));
    }
  }

  @Test
  @Order(4)
  void deadAgentFiresAgentDown() {
    var labels = fires("WiremeshAgentDown");
    assertThat(labels).containsKey("node").containsEntry("severity", "critical");
  }

  @Test
  @Order(5)
  void fullPoolFiresAddressPoolExhausted() {
    assertThat(fires("WiremeshAddressPoolExhausted"))
        .containsEntry("network", "tiny")
        .containsEntry("pool", "v4");
  }

  @Test
  @Order(6)
  void deletedKeyFiresHandshakeFailures() {
    // Other handshakes fail as well: those with the dead node.
    fires(
        "WiremeshHandshakeFailures",
        Map.of("network", "home", "direction", "incoming", "result", "unknown_peer"));
  }

  @Test
  @Order(7)
  void apiServerThatIsAwayFiresAgentBlind() {
    lab.killApiServer();
    assertThat(fires("WiremeshAgentBlind")).containsEntry("severity", "warning");
    await()
        .alias("agents go on")
        .atMost(LONG)
        .until(() ->
            prometheus.query("up{job=\"wiremesh-agent\"} == 1").size() == lab.nodes().size() - 1);
    lab.startApiServer();
    await()
        .alias("agents hear the API server again")
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() ->
            assertThat(prometheus.query("wiremesh_informer_watching == 0"))
                .filteredOn(series -> !dead.equals(series.get("node")))
                .isEmpty());
  }

  @Test
  @Order(8)
  void peerThatIsGoneFiresPeerDisconnected() {
    fires("WiremeshPeerDisconnected", Map.of("network", "home", "peer", "default/phone"));
  }

  private Map<String, String> fires(String alert) {
    return fires(alert, Map.of());
  }

  /** Labels of the first alert of this name that has at least these. */
  private Map<String, String> fires(String alert, Map<String, String> labels) {
    await()
        .alias(alert + labels)
        .atMost(LONG)
        .pollInterval(Duration.ofSeconds(2))
        .untilAsserted(() -> assertThat(firing(alert, labels)).as(prometheus::alerts).isPresent());
    return firing(alert, labels).orElseThrow();
  }

  private Optional<Map<String, String>> firing(String alert, Map<String, String> labels) {
    return prometheus.firing().stream()
        .filter(firing -> alert.equals(firing.get("alertname")))
        .filter(firing -> firing.entrySet().containsAll(labels.entrySet()))
        .findFirst();
  }

  /** A peer of this name with a host that sends without a break. */
  private OutsideHost join(String name) {
    lab.apply(peer(name, "home"));
    var host =
        lab.addHost(
            new HostRequest(
                name, "default/" + name, Implementation.WIREGUARD_GO, false, Optional.empty()));
    var node = lab.nodes().getFirst();
    var address = meshAddressOf(node);
    await()
        .alias("%s reaches %s".formatted(name, node))
        .atMost(LONG)
        .until(() -> host.machine().ping(address).succeeded());
    ManagedProcess ping =
        host.machine()
            .start(
                "ping of " + name,
                List.of("ping", "-q", address),
                Map.of(),
                lab.folder().logs().resolve("ping-" + name + ".log"));
    closeables.add(ping);
    return host;
  }

  private static String peer(String name, String network) {
    return """
    apiVersion: wiremesh.dev/v1alpha1
    kind: Peer
    metadata: {name: %s, namespace: default}
    spec:
      networkRef: {name: %s}
    """
        .formatted(name, network);
  }

  private String meshAddressOf(String node) {
    return lab.client()
        .resources(MeshNode.class)
        .withName("home." + node)
        .get()
        .getSpec()
        .addresses
        .getFirst();
  }

  /** A gateway that is no peer's home: the others go on to be watched. */
  private String nodeThatServesNobody() {
    var homes =
        lab.client().resources(Peer.class).inNamespace("default").list().getItems().stream()
            .map(peer -> String.valueOf(peer.getStatus().homeGateway))
            .toList();
    return lab.nodes().reversed().stream()
        .filter(node -> !homes.contains(node))
        .findFirst()
        .orElseThrow(() -> new AssertionError("every node is a home gateway: " + homes));
  }

  private static JsonNode rules() throws IOException {
    var rules = Prometheus.YAML.readTree(CHART.resolve("files/alerts/wiremesh.yaml").toFile());
    for (var group : rules.path("groups")) {
      for (var rule : group.path("rules")) {
        var expression = rule.path("expr").asText().replaceAll("\\[(5|10)m]", WINDOW);
        ((ObjectNode) rule).put("for", FOR).put("expr", expression);
      }
    }
    return rules;
  }

  private static String hostAndPort(String url) {
    return URI.create(url).getAuthority();
  }
}
