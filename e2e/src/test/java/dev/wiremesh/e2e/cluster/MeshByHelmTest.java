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

/**
 * The story on kubelets of this machine, where a laptop outside and a loss of power can be had too.
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
class MeshByHelmTest extends MeshStory {
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
    var configuration =
        cluster.kubectl(
            "get", "secret", "laptop-wiremesh", "-o", "jsonpath={.data.wg-quick\\.conf}");
    var up =
        "umask 077; echo \"$1\" > /tmp/wg0.conf;"
            + " WG_QUICK_USERSPACE_IMPLEMENTATION=$2 wg-quick up /tmp/wg0.conf";
    var wireguardGo = Tools.find("wireguard-go").orElseThrow().toString();
    cluster.on("laptop", "sh", "-c", up, "sh", decoded(configuration), wireguardGo).orThrow();
    laptopReachesEveryNode();
    awaitCondition("peer/laptop", "Connected");
  }

  @Test
  @Order(460)
  void laptopIsBackAfterUpgradeAndRollback() {
    laptopReachesEveryNode();
  }

  @Test
  @Order(520)
  void restartedKubeletDisturbsNobody() {
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
