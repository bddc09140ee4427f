package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.io.IOException;
import java.security.SecureRandom;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Two nodes with a pod network as a CNI plugin makes it: a bridge on each, and routes to the other
 * node's pods over the underlay. The network advertises pods and Services; what then goes over the
 * underlay is seen there.
 *
 * <p>Takes half a minute: two agents, a laptop and a pod network are set up.
 */
@RequiresKubernetes(own = true)
@RequiresTool({"wg", "ping", "nft", "tcpdump"})
@ConcurrentClass
final class PodsThroughMeshTest extends OnHosts {
  PodsThroughMeshTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.build();
    for (int number = 1; number <= 2; number++) {
      var node = mesh.host(number == 1 ? "node-a" : "node-b");
      node.enableForwarding();
      node.createBridge("cni0");
      node.address("cni0", "10.244." + number + ".1/24");
      node.route("10.244." + (3 - number) + ".0/24", "172.31.0." + (3 - number));
      var pod = mesh.newHost("pod-" + number);
      pod.connectToBridge("eth0", node, "cni0", "pod");
      pod.address("eth0", "10.244." + number + ".5/24");
      pod.route("default", "10.244." + number + ".1");
      mesh.add("pod-" + number, pod);
    }
    mesh.awaitPing("pod-1", "10.244.2.5");
    cluster.advertise("home", "10.244.0.0/16", "10.96.0.0/16", "172.31.0.1/32", "172.31.0.2/32");
    cluster.pods("home", "node-a", "10.244.1.0/24");
    cluster.pods("home", "node-b", "10.244.2.0/24");
    awaitRoute("node-a", "10.244.2.0/24");
    awaitRoute("node-b", "10.244.1.0/24");
    var key = PrivateKey.generate(new SecureRandom());
    cluster.peer("home", "laptop", key.publicKey(), "10.70.1.1", "node-a");
    mesh.startLaptop(key);
    mesh.allowOnLaptop(
        "10.70.0.0/16,10.244.0.0/16,10.96.0.0/16,172.31.0.2/32",
        "10.244.0.0/16",
        "10.96.0.0/16",
        "172.31.0.2/32");
  }

  private void awaitRoute(String node, String destination) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    mesh.host(node).command("ip", "route", "show", "table", "51900").run().output())
                .as(mesh.agent(node).lastLines(20))
                .contains(destination + " dev wg-home proto 87"));
  }

  @Test
  void podsUseTheirOwnAddressesAndTheUnderlayCarriesOnlyWireGuard() {
    mesh.awaitPing("pod-1", "10.244.2.5");
    try (var underlay = node("node-b").capture("eth0", "not arp and not icmp6");
        var atPod = node("pod-2").capture("eth0", "icmp")) {
      for (int i = 0; i < 5; i++) {
        mesh.awaitPing("pod-1", "10.244.2.5");
        mesh.awaitPing("pod-2", "10.244.1.5");
      }
      await()
          .atMost(PATIENCE)
          .until(() -> atPod.packets().size() >= 20 && underlay.packets().size() >= 20);
      assertThat(atPod.packets())
          .allMatch(packet ->
              packet.contains("10.244.1.5 > 10.244.2.5")
                  || packet.contains("10.244.2.5 > 10.244.1.5"));
      assertThat(underlay.packets()).allMatch(packet -> packet.contains(".51900: UDP"));
    }
  }

  @Test
  void routesOfTheClusterAreUntouched() {
    assertThat(node("node-a").ip("route", "show", "10.244.2.0/24"))
        .startsWith("10.244.2.0/24 via 172.31.0.2 dev eth0");
    assertThat(node("node-b").ip("route", "show", "10.244.1.0/24"))
        .startsWith("10.244.1.0/24 via 172.31.0.1 dev eth0");
  }

  @Test
  void peerReachesPodsOfEveryNodeAndTheyReachIt() {
    mesh.awaitPing("laptop", "10.244.1.5");
    mesh.awaitPing("laptop", "10.244.2.5");
    mesh.awaitPing("pod-2", "10.70.1.1");
  }

  /** The gateway translates a Service's address as kube-proxy does. */
  @Test
  void peerReachesServicesThroughItsGateway() {
    var outside = mesh.newHost("elsewhere");
    mesh.connectToUnderlay(outside, "172.31.0.7");
    node("node-a")
        .command("nft", "-f", "-")
        .withInput(
            """
            table ip services {
              chain prerouting {
                type nat hook prerouting priority dstnat;
                ip daddr 10.96.0.10 dnat to 10.244.2.5
                ip daddr 10.96.0.11 dnat to 172.31.0.7
              }
            }
            """)
        .check();
    mesh.awaitPing("laptop", "10.96.0.10");
    // It has no route to the mesh: it answers because the gateway speaks for the laptop.
    mesh.awaitPing("laptop", "10.96.0.11");
  }

  /** A node need not know the mesh to be reached: to it, the gateway asks. */
  @Test
  void peerReachesANodesOwnAddressThroughItsGateway() {
    mesh.awaitPing("laptop", "172.31.0.2");
    try (var atNode = node("node-b").capture("eth0", "icmp")) {
      for (int i = 0; i < 5; i++) {
        mesh.awaitPing("laptop", "172.31.0.2");
      }
      await().atMost(PATIENCE).until(() -> atNode.packets().size() >= 10);
      assertThat(atNode.packets())
          .allMatch(packet ->
              packet.contains("172.31.0.1 > 172.31.0.2")
                  || packet.contains("172.31.0.2 > 172.31.0.1"));
    }
  }

  @Test
  void gatewaySendsNoRedirects() {
    mesh.awaitPing("laptop", "10.70.0.2");
    try (var tunnel = node("laptop").capture("wg0", "icmp")) {
      for (int i = 0; i < 5; i++) {
        mesh.awaitPing("laptop", "10.70.0.2");
      }
      await().atMost(PATIENCE).until(() -> tunnel.packets().size() >= 10);
      assertThat(tunnel.packets()).noneMatch(packet -> packet.contains("redirect"));
    }
  }

  private Host node(String name) {
    return mesh.host(name);
  }
}
