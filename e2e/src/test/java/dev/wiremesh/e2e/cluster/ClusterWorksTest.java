package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The cluster itself, before anything of ours is on it: what every other test on it relies on. */
@Tag("cluster")
@RequiresRoot
@RequiresTun
@RequiresTool({"go", "containerd", "runc", "nft", "iptables", "busybox", "openssl"})
class ClusterWorksTest {
  private static final List<String> NODES = List.of("n1", "n2", "n3");
  private static final Path MANIFESTS =
      Path.of(System.getProperty("basedir", "."), "src/test/resources/cluster");

  private static RealCluster cluster;

  @BeforeAll
  static void startCluster() {
    cluster = RealCluster.start("works", NODES.size());
    cluster.apply(MANIFESTS.resolve("web.yaml"));
    cluster.kubectl("rollout", "status", "daemonset/web", "--timeout=120s");
  }

  @AfterAll
  static void removeCluster() {
    new RealCluster("works").close();
  }

  @Test
  void allNodesAreReady() {
    assertThat(NODES).allSatisfy(node -> assertThat(cluster.readiness(node)).isEqualTo("True"));
  }

  @Test
  void podsOnDifferentNodesReachEachOther() {
    for (var target : NODES) {
      var ping = cluster.inPod(webOn("n1"), "ping", "-c", "2", "-W", "5", addressOfWebOn(target));
      assertThat(ping.output()).as("from n1 to %s", target).contains(" 0% packet loss");
    }
  }

  @Test
  void nodesAndTheControlPlaneReachPods() {
    var pod = addressOfWebOn("n3");
    assertThat(cluster.on("n1", "ping", "-c", "1", "-W", "5", pod).exitCode()).isZero();
    assertThat(cluster.on("cp", "ping", "-c", "1", "-W", "5", pod).exitCode()).isZero();
  }

  @Test
  void hostsOutsideReachNodesButNeitherPodsNorServices() {
    cluster.addHost("outside");
    assertThat(cluster.on("outside", "ping", "-c", "1", "-W", "5", "10.88.0.12").exitCode())
        .isZero();
    assertThat(cluster.on("n2", "ping", "-c", "1", "-W", "5", "203.0.113.10").exitCode()).isZero();
    var service = cluster.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    for (var address : List.of(addressOfWebOn("n2"), service)) {
      assertThat(cluster.on("outside", "ping", "-c", "1", "-W", "1", address).output())
          .contains("Destination Host Unreachable");
    }
  }

  @Test
  void servicesAnswerByAddressAndByName() {
    var address = cluster.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    for (var host : List.of(address, "web", "web.default.svc.cluster.local")) {
      var answer = cluster.inPod(webOn("n2"), "/bin/probe", "get", "http://%s/".formatted(host));
      assertThat(answer.output()).as(host).contains("200 OK").contains("web-");
    }
  }

  @Test
  void podsReachTheApiServerWithinTheirRights() {
    var nodes = "https://kubernetes.default.svc/api/v1/nodes/n1";
    assertThat(cluster.inPod(webOn("n1"), "/bin/probe", "get", nodes).output()).contains("200 OK");
    var secrets = "https://kubernetes.default.svc/api/v1/secrets";
    assertThat(cluster.inPod(webOn("n1"), "/bin/probe", "get", secrets).output())
        .contains("403 Forbidden");
    assertThat(cluster.on("cp", "cat", "/run/cluster/logs/audit.jsonl").output())
        .as("what was refused stands in the audit log")
        .contains("system:serviceaccount:default:web")
        .contains("\"code\":403");
  }

  /** As our agent runs: host network, root without any right but NET_ADMIN, the TUN device. */
  @Test
  void unprivilegedPodOnTheHostNetworkMakesATun() {
    cluster.apply(MANIFESTS.resolve("tun.yaml"));
    cluster.kubectl("rollout", "status", "daemonset/tun", "--timeout=120s");
    for (var node : NODES) {
      await()
          .atMost(Duration.ofMinutes(3))
          .untilAsserted(() ->
              assertThat(cluster.on(node, "ip", "-br", "link").output()).contains("probetun"));
    }
    cluster.kubectl("delete", "daemonset/tun", "--wait");
  }

  @Test
  void stoppedNodeIsMissedAndComesBackWithItsPods() {
    var before = addressOfWebOn("n3");
    cluster.stopNode("n3");
    await().atMost(Duration.ofMinutes(3)).until(() -> cluster.readiness("n3").equals("Unknown"));
    assertThat(cluster.inPod(webOn("n1"), "ping", "-c", "1", "-W", "2", before).exitCode())
        .isNotZero();
    cluster.startNode("n3");
    await().atMost(Duration.ofMinutes(3)).until(() -> cluster.readiness("n3").equals("True"));
    await()
        .atMost(Duration.ofMinutes(3))
        .until(() -> {
          var pod = addressOfWebOn("n3");
          var ping = cluster.inPod(webOn("n1"), "ping", "-c", "1", "-W", "2", pod);
          return !pod.isEmpty() && ping.succeeded();
        });
  }

  @Test
  void deletedNodeComesBackWhenItsKubeletStarts() {
    cluster.kubectl("delete", "node", "n2");
    assertThat(cluster.on("n2", "pkill", "-x", "kubelet").exitCode()).isZero();
    await().atMost(Duration.ofMinutes(3)).until(() -> cluster.readiness("n2").equals("True"));
    cluster.kubectl("rollout", "status", "daemonset/web", "--timeout=120s");
    await()
        .atMost(Duration.ofMinutes(3))
        .untilAsserted(() ->
            assertThat(
                    cluster
                        .inPod(webOn("n1"), "ping", "-c", "1", "-W", "2", addressOfWebOn("n2"))
                        .exitCode())
                .isZero());
  }

  private static String webOn(String node) {
    return web(node, "{.items[0].metadata.name}");
  }

  private static String addressOfWebOn(String node) {
    return web(node, "{.items[0].status.podIP}");
  }

  private static String web(String node, String field) {
    return cluster.kubectl(
        "get",
        "pods",
        "--selector=app=web",
        "--field-selector=status.phase=Running,spec.nodeName=" + node,
        "-o",
        "jsonpath=" + field);
  }
}
