package dev.wiremesh.e2e.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.Tools;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The lifecycle on kubelets of this machine, with a laptop outside and a loss of power. */
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
class MeshByHelmTest extends MeshLifecycle {
  private RealCluster cluster = new RealCluster("mesh");

  @Override
  MeshCluster cluster() {
    return cluster;
  }

  @Override
  void startCluster() {
    cluster = RealCluster.start("mesh", 3);
  }

  @Override
  String podsManifest() {
    return "web.yaml";
  }

  @Test
  @Order(300)
  void laptopReachesEveryNodeWithNothingButItsConfiguration() {
    cluster.addHost("laptop");
    laptopGoes("up");
    laptopReachesEveryNode();
    awaitCondition("peer/laptop", "Connected");
  }

  /** Meanwhile the underlay between the nodes carries WireGuard and no ping. */
  @Test
  @Order(360)
  void wireBetweenNodesShowsNoPacketOfAPod() {
    var here = nodes().getFirst();
    var there = addressOfPodOn(nodes().getLast());
    var ping =
        SteadyPing.start(
            "pod to pod", there, command -> cluster.inPod(podNameOn(here), "sh", "-c", command));
    var open =
        cluster.on(
            here,
            "timeout",
            "10",
            "tcpdump",
            "-l",
            "-c",
            "1",
            "-ni",
            "eth0",
            "icmp and host " + there);
    var sealed =
        cluster.on(here, "timeout", "60", "tcpdump", "-c", "5", "-ni", "eth0", "udp port 51900");
    var seen = ping.stop();
    assertThat(seen.lost()).as("%s", seen).isLessThan(seen.sent());
    assertThat(open.output()).as("what tcpdump saw in the clear").isEmpty();
    assertThat(sealed.output().lines()).as("what tcpdump saw of WireGuard").hasSize(5);
  }

  @Test
  @Order(370)
  void laptopReachesPodsAndAServiceByItsAddress() {
    // The configuration names what the nodes advertise; a new one is fetched as the first was.
    awaitConfiguration("10.96.0.0");
    laptopGoes("down");
    laptopGoes("up");
    for (var node : nodes()) {
      awaitPing("laptop", addressOfPodOn(node));
    }
    var service = cluster.kubectl("get", "service", "web", "-o", "jsonpath={.spec.clusterIP}");
    var get =
        "exec 3<>/dev/tcp/%s/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; timeout 10 cat <&3"
            .formatted(service);
    await()
        .alias("the laptop gets an answer from Service web at " + service)
        .atMost(LONG)
        .until(() ->
            cluster.on("laptop", "timeout", "20", "bash", "-c", get).output().contains("200 OK"));
  }

  /** Those of the other nodes: what the laptop dials itself, its gateway, stays outside. */
  @Test
  @Order(380)
  void laptopReachesNodesByTheirOwnAddresses() {
    cluster.kubectl(
        "patch",
        "wireguardnetwork",
        "home",
        "--type=merge",
        "--patch={\"spec\":{\"nodes\":{\"advertise\":"
            + "[\"PodCIDRs\",\"ServiceCIDRs\",\"InternalIPs\"]}}}");
    var gateway = cluster.kubectl("get", "peer", "laptop", "-o", "jsonpath={.status.homeGateway}");
    var others = nodes().stream().filter(node -> !node.equals(gateway)).toList();
    await()
        .alias("the laptop may send to nodes' own addresses")
        .atMost(LONG)
        .until(() ->
            configuration()
                .lines()
                .anyMatch(line -> line.matches("AllowedIPs = .*\\b10\\.88\\.0\\..*")));
    laptopGoes("down");
    laptopGoes("up");
    for (var node : others) {
      var address = ownAddressOf(node);
      assertThat(cluster.on("laptop", "ip", "route", "get", address).output()).contains("dev wg0");
      awaitPing("laptop", address);
    }
  }

  private String ownAddressOf(String node) {
    return cluster.kubectl(
        "get",
        "node",
        node,
        "-o",
        "jsonpath={.status.addresses[?(@.type==\"InternalIP\")].address}");
  }

  private void awaitConfiguration(String text) {
    await()
        .alias("the laptop's configuration names " + text)
        .atMost(LONG)
        .until(() -> configuration().contains(text));
  }

  private String podNameOn(String node) {
    return cluster.kubectl(
        "get",
        "pods",
        "--selector=app=web",
        "--field-selector=spec.nodeName=" + node,
        "-o",
        "jsonpath={.items[0].metadata.name}");
  }

  /** Up or down, by wg-quick and wireguard-go, with what stands in the Secret. */
  private void laptopGoes(String direction) {
    var script =
        "umask 077; if [ $3 = up ]; then echo \"$1\" > /tmp/wg0.conf; fi;"
            + " WG_QUICK_USERSPACE_IMPLEMENTATION=$2 wg-quick $3 /tmp/wg0.conf";
    var wireguardGo = Tools.find("wireguard-go").orElseThrow().toString();
    cluster
        .on("laptop", "sh", "-c", script, "sh", configuration(), wireguardGo, direction)
        .orThrow();
  }

  private String configuration() {
    return decoded(
        cluster.kubectl(
            "get", "secret", "laptop-wiremesh", "-o", "jsonpath={.data.wg-quick\\.conf}"));
  }

  @Test
  @Order(460)
  void laptopIsBackAfterUpgradeAndRollback() {
    laptopReachesEveryNode();
  }

  @Test
  @Order(520)
  void restartedKubeletDisturbsNoSession() {
    var pings = pingAround();
    var before = agents();
    for (var node : nodes()) {
      cluster.restartKubelet(node);
    }
    cluster.kubectl("wait", "node", "--all", "--for=condition=Ready", "--timeout=3m");
    awaitRollout();
    assertThat(agents()).as("agents' pods and their restarts").isEqualTo(before);
    nothingWasLost("kubelets restarted", pings);
  }

  @Test
  @Order(540)
  void deletedNodeComesBackUnderItsAddress() {
    var node = nodes().getLast();
    cluster.kubectl("delete", "node", node, "--wait");
    cluster.restartKubelet(node);
    await()
        .alias("node %s registers again".formatted(node))
        .atMost(LONG)
        .until(() -> cluster.tryKubectl("get", "node", node).succeeded());
    cluster.kubectl("wait", "node", node, "--for=condition=Ready", "--timeout=3m");
    await()
        .alias("its MeshNode is there again")
        .atMost(LONG)
        .until(() -> cluster.tryKubectl("get", "meshnode", "home." + node).succeeded());
    awaitReady("meshnode/home." + node);
    awaitRollout();
    comesBack("node deleted", List.of());
  }

  @Test
  @Order(600)
  void nodeThatLostItsPowerComesBackIntoTheMesh() {
    var address = meshAddressOf("n3");
    cluster.stopNode("n3");
    cluster.startNode("n3");
    awaitPing("n1", address);
    laptopReachesEveryNode();
    assertThat(meshAddressOf("n3")).isEqualTo(address);
  }

  private void laptopReachesEveryNode() {
    for (var node : nodes()) {
      awaitPing("laptop", meshAddressOf(node));
    }
  }

  private static String decoded(String base64) {
    return new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8);
  }
}
