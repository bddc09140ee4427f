package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The product as its users get it: images as tars, the chart by Helm, the quickstart by kubectl,
 * and a laptop with nothing but wg-quick. One story, told in order.
 */
@Tag("cluster")
@RequiresRoot
@RequiresTun
@RequiresTool({
  "go",
  "containerd",
  "runc",
  "nft",
  "iptables",
  "busybox",
  "openssl",
  "wg-quick",
  "wireguard-go"
})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class MeshByHelmTest {
  private static final Path CHECKOUT = Path.of(System.getProperty("basedir", "."), "..");
  private static final List<String> NODES = List.of("n1", "n2", "n3");

  /** Generous: this is about what happens, not about how fast this machine is. */
  private static final Duration LONG = Duration.ofMinutes(3);

  private static RealCluster cluster;

  @BeforeAll
  static void startCluster() {
    cluster = RealCluster.start("mesh", NODES.size());
    cluster.load(images().resolve("operator.tar"));
    cluster.load(images().resolve("agent.tar"));
    cluster.helm(
        "install",
        "wiremesh",
        CHECKOUT.resolve("helm/wiremesh").toString(),
        "--namespace=wiremesh-system",
        "--create-namespace",
        "--wait",
        "--timeout=5m");
    cluster.apply(CHECKOUT.resolve("examples/quickstart"));
  }

  @AfterAll
  static void removeCluster() {
    new RealCluster("mesh").close();
  }

  @Test
  @Order(1)
  void quickstartBecomesReady() {
    awaitReady("wireguardnetwork/home");
    awaitReady("peer/laptop");
  }

  @Test
  @Order(2)
  void nodesReachEachOtherThroughTheMesh() {
    for (var from : NODES) {
      for (var to : NODES) {
        awaitPing(from, meshAddressOf(to));
      }
    }
  }

  @Test
  @Order(3)
  void laptopReachesEveryNodeWithNothingButItsConfiguration() {
    cluster.addHost("laptop");
    var configuration =
        cluster.kubectl(
            "get", "secret", "laptop-wiremesh", "-o", "jsonpath={.data.wg-quick\\.conf}");
    var up =
        "umask 077; echo \"$1\" > /tmp/wg0.conf;"
            + " WG_QUICK_USERSPACE_IMPLEMENTATION=$2 wg-quick up /tmp/wg0.conf";
    var wireguardGo = Tools.find("wireguard-go").orElseThrow().toString();
    cluster.on("laptop", "sh", "-c", up, "sh", decoded(configuration), wireguardGo).orThrow();
    for (var node : NODES) {
      awaitPing("laptop", meshAddressOf(node));
    }
    awaitCondition("peer/laptop", "Connected");
  }

  @Test
  @Order(4)
  void agentsThatAreReplacedTakeTheMeshUpAgain() {
    cluster.kubectl("-n", "wiremesh-system", "rollout", "restart", "daemonset/wiremesh-agent");
    cluster.kubectl(
        "-n", "wiremesh-system", "rollout", "status", "daemonset/wiremesh-agent", "--timeout=5m");
    for (var node : NODES) {
      awaitPing("laptop", meshAddressOf(node));
    }
  }

  @Test
  @Order(5)
  void anotherOperatorTakesOverAndNobodysAddressChanges() {
    var before = allAddresses();
    var leader =
        cluster.kubectl(
            "-n",
            "wiremesh-system",
            "get",
            "lease",
            "wiremesh-operator",
            "-o",
            "jsonpath={.spec.holderIdentity}");
    cluster.kubectl(
        "-n", "wiremesh-system", "delete", "pod", leader, "--grace-period=0", "--force");
    cluster.apply(
        Path.of(System.getProperty("basedir", "."), "src/test/resources/cluster/phone.yaml"));
    awaitReady("peer/phone");
    cluster.kubectl("delete", "peer", "phone");
    assertThat(allAddresses()).isEqualTo(before);
  }

  @Test
  @Order(6)
  void nodeThatLostItsPowerComesBackIntoTheMesh() {
    var address = meshAddressOf("n3");
    cluster.stopNode("n3");
    cluster.startNode("n3");
    awaitPing("n1", address);
    awaitPing("laptop", address);
    assertThat(meshAddressOf("n3")).isEqualTo(address);
  }

  @Test
  @Order(7)
  void nothingAskedForWhatItsRoleDoesNotGrant() {
    var refused =
        cluster
            .on("cp", "grep", "-h", "\"code\":403", "/run/cluster/logs/audit.jsonl")
            .output()
            .lines()
            .filter(line -> line.contains("system:serviceaccount:wiremesh-system:"));
    assertThat(refused).isEmpty();
  }

  @Test
  @Order(8)
  void deletedNetworkLeavesNodesClean() {
    cluster.kubectl("delete", "peers", "--all");
    cluster.kubectl("delete", "wireguardnetwork", "home", "--wait");
    for (var node : NODES) {
      await()
          .atMost(LONG)
          .untilAsserted(() -> {
            assertThat(cluster.on(node, "ip", "-br", "link").output()).doesNotContain("wg-");
            assertThat(cluster.on(node, "ip", "rule").output().lines()).hasSize(3);
            assertThat(cluster.on(node, "ls", "/var/run/wireguard").output()).isEmpty();
          });
    }
  }

  /** Built by the launcher, unless {@code $WIREMESH_IMAGES} names a folder that has them. */
  private static Path images() {
    var given = System.getenv("WIREMESH_IMAGES");
    if (given != null) {
      return Path.of(given);
    }
    var folder = Path.of(System.getProperty("basedir", "."), "target/images");
    if (!folder.resolve("agent.tar").toFile().exists()) {
      Command.of(
              CHECKOUT.resolve("bin/wiremesh").toString(),
              "images",
              folder.toAbsolutePath().toString())
          .withTimeout(Duration.ofMinutes(15))
          .check();
    }
    return folder;
  }

  private static String meshAddressOf(String node) {
    return cluster.kubectl(
        "get", "meshnode", "home." + node, "-o", "jsonpath={.spec.addresses[0]}");
  }

  private static String allAddresses() {
    return cluster.kubectl(
        "get",
        "meshnodes,peers",
        "-o",
        "jsonpath={range .items[*]}{.metadata.name} {.spec.addresses} {.status.addresses};{end}");
  }

  private static void awaitPing(String from, String address) {
    await()
        .alias("%s pings %s".formatted(from, address))
        .atMost(LONG)
        .until(() -> cluster.on(from, "ping", "-c", "1", "-W", "2", address).succeeded());
  }

  private static void awaitReady(String object) {
    awaitCondition(object, "Ready");
  }

  private static void awaitCondition(String object, String condition) {
    cluster.kubectl("wait", object, "--for=condition=" + condition, "--timeout=150s");
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
