package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.PeerStatus.RouteState;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * One LAN behind two masquerading routers, plain WireGuard clients of one group; a printer in the
 * LAN knows neither. Node-a is the home gateway of both routers, later node-b of one.
 *
 * <p>Takes a minute and a half: each router is dead for some seconds, and must be alive for half a
 * minute before it is trusted again.
 */
@RequiresKubernetes(own = true)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ConcurrentClass
final class SiteGroupOnHostsTest extends OnHosts {
  private static final String LAN = "192.168.200.0/24";
  private static final String PRINTER = "192.168.200.9";
  private static final List<String> ROUTERS = List.of("site-1", "site-2");
  private static final Pattern SEQUENCE = Pattern.compile("icmp_seq=(\\d+) ttl");
  private static final double PING_SECONDS = 0.2;

  /**
   * Two seconds on an idle machine. A test must not fail by the clock of a busy one: without the
   * echo requests it takes minutes.
   */
  private static final Duration LONGEST_GAP = Duration.ofSeconds(20);

  @TempDir static Path folder;

  SiteGroupOnHostsTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildSite() throws IOException {
    mesh.build();
    var lan = mesh.newHost("lan");
    lan.createBridge("br1");
    var printer = mesh.newHost("printer");
    printer.connectToBridge("eth0", lan, "br1", "to-printer");
    printer.address("eth0", PRINTER + "/24");
    for (var name : ROUTERS) {
      int number = ROUTERS.indexOf(name) + 1;
      var router = mesh.newHost(name);
      mesh.add(name, router);
      mesh.connectToUnderlay(router, "172.31.0.2" + number);
      router.connectToBridge("eth1", lan, "br1", "to-" + name);
      router.address("eth1", "192.168.200." + number + "/24");
      router.enableForwarding();
      router.masquerade("eth1");
      var key = PrivateKey.generate(new SecureRandom());
      var address = "10.70.1.2" + number;
      cluster.peer("home", name, key.publicKey(), address, "node-a");
      cluster.groupRoute(name, LAN, "site", number == 1 ? RouteState.ACCEPTED : RouteState.STANDBY);
      mesh.startClient(name, key, address, "node-a");
      mesh.awaitPing("node-a", address);
    }
    mesh.awaitPing("node-b", PRINTER);
  }

  @Test
  @Order(1)
  void lanIsReachedByTheOtherRouterWithinSecondsWithoutTheApiServer() throws IOException {
    var active = activeOn("node-a");
    mesh.stopApi();
    assertThat(longestGapWhileDead("node-b", active)).isLessThan(LONGEST_GAP);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(activeOn("node-a")).isNotEqualTo(active);
          assertThat(mesh.metrics("node-a")).contains("wiremesh_route_group_switches_total");
        });
    mesh.startApi();
  }

  @Test
  @Order(2)
  void activeRouterIsReported() {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          var active = activeOn("node-a");
          for (var name : ROUTERS) {
            var connectivity = Objects.requireNonNull(cluster.peer(name).getStatus().connectivity);
            assertThat(connectivity.activeRoutes)
                .isEqualTo(name.equals(active) ? List.of(LAN) : List.of());
          }
        });
  }

  @Test
  @Order(3)
  void everyNodeFollowsARouterAtAnotherGateway() throws IOException {
    var standby = activeOn("node-a").equals("site-1") ? "site-2" : "site-1";
    cluster.moveHome(standby, "node-b");
    mesh.host(standby)
        .exec(
            "wg",
            "set",
            "wg0",
            "peer",
            mesh.host(standby).exec("wg", "show", "wg0", "peers").strip(),
            "endpoint",
            "172.31.0.2:51900");
    mesh.awaitPing("node-b", standby.equals("site-1") ? "10.70.1.21" : "10.70.1.22");
    mesh.awaitPing("node-a", standby.equals("site-1") ? "10.70.1.21" : "10.70.1.22");
    mesh.awaitPing("node-b", PRINTER);
    for (var node : mesh.nodes()) {
      await().atMost(PATIENCE).until(() -> mesh.metrics(node).contains(active(standby, 0)));
    }
    var active = standby.equals("site-1") ? "site-2" : "site-1";
    mesh.stopApi();
    assertThat(longestGapWhileDead("node-a", active)).isLessThan(LONGEST_GAP);
    for (var node : mesh.nodes()) {
      await().atMost(PATIENCE).until(() -> mesh.metrics(node).contains(active(standby, 1)));
    }
    mesh.startApi();
  }

  private static String active(String router, int value) {
    return "wiremesh_route_group_active{network=\"home\",peer=\"default/%s\",route=\"%s\"} %d.0"
        .formatted(router, LAN, value);
  }

  /** Waits until a node's metrics have an active router. */
  private String activeOn(String node) {
    var active = new AtomicReference<>("");
    await()
        .alias("an active router")
        .atMost(PATIENCE)
        .until(() -> {
          var metrics = mesh.metrics(node);
          ROUTERS.stream().filter(name -> metrics.contains(active(name, 1))).forEach(active::set);
          return !active.get().isEmpty();
        });
    return active.get();
  }

  /** Pings the printer while the router's uplink is down, and raises it again. */
  private Duration longestGapWhileDead(String node, String router) throws IOException {
    var output = Files.createTempFile(folder, "ping", ".log");
    try (var ping =
        mesh.host(node)
            .start(
                "ping",
                List.of("ping", "-n", "-i", String.valueOf(PING_SECONDS), "-c", "100", PRINTER),
                Map.of(),
                output)) {
      await().atMost(PATIENCE).until(() -> sequences(output).size() > 5);
      mesh.host(router).ip("link", "set", "eth0", "down");
      await().atMost(PATIENCE).until(() -> Files.readString(output).contains("packets transm"));
      mesh.host(router).ip("link", "set", "eth0", "up");
    }
    var received = sequences(output);
    assertThat(received.last()).as("the last replies").isGreaterThan(95);
    int longest = 0;
    int before = 0;
    for (int sequence : received) {
      longest = Math.max(longest, sequence - before - 1);
      before = sequence;
    }
    return Duration.ofMillis((long) (longest * PING_SECONDS * 1000));
  }

  private static TreeSet<Integer> sequences(Path output) throws IOException {
    var sequences = new TreeSet<Integer>();
    var matcher = SEQUENCE.matcher(Files.readString(output));
    while (matcher.find()) {
      sequences.add(Integer.valueOf(matcher.group(1)));
    }
    return sequences;
  }
}
