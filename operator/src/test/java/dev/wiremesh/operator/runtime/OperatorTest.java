package dev.wiremesh.operator.runtime;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The operator as a whole: the quickstart, networks and nodes, metrics and health. */
@RequiresKubernetes
final class OperatorTest extends RunningOperator {
  OperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "operator-test", RESYNC);
  }

  @Test
  void quickstartGivesNodesAndPeersWhatTheyNeed() {
    cluster.node("quick-a", "quick", "192.0.2.1");
    cluster.node("quick-b", "quick", "192.0.2.2");
    cluster.network("quick", "10.60.0.0/24", spec -> {});
    cluster.peer(here, "quick-laptop", "quick", peer -> {});
    cluster.awaitPublished(here, "quick-laptop");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes("quick"))
                .hasSize(2)
                .allSatisfy(node -> {
                  assertThat(node.getSpec().addresses).hasSize(1);
                  assertThat(node.getSpec().endpoints).hasSize(1);
                  assertThat(node.getSpec().gateway).isTrue();
                  assertThat(node.getSpec().keySecret)
                      .isEqualTo("wiremesh-node-" + node.getMetadata().getName());
                  assertThat(
                          cluster.secret(
                              OperatorTestCluster.NAMESPACE,
                              requireNonNull(node.getSpec().keySecret)))
                      .isPresent();
                }));
    var network = cluster.network("quick");
    var gatewayKey = requireNonNull(network.getStatus().gatewayPublicKey);
    var effective = requireNonNull(network.getStatus().effective);
    assertThat(
            PrivateKey.parse(
                    cluster.text(
                        OperatorTestCluster.NAMESPACE, "wiremesh-gateway-quick", "privateKey"))
                .publicKey())
        .hasToString(gatewayKey);

    var peer = cluster.peer(here, "quick-laptop");
    var key = PrivateKey.parse(cluster.text(here, "quick-laptop-wiremesh", "privateKey"));
    assertThat(peer.getStatus().publicKey).isEqualTo(key.publicKey().toString());
    var seed =
        PresharedKeySeed.parse(
            cluster.text(
                OperatorTestCluster.NAMESPACE, "wiremesh-network-quick", "presharedKeySeed"));
    assertThat(cluster.configuration(here, "quick-laptop"))
        .contains("PrivateKey = " + key.toBase64())
        .contains("Address = " + peer.getStatus().addresses.getFirst() + "/32")
        .contains("PublicKey = " + gatewayKey)
        .contains(
            "PresharedKey = "
                + seed.forPair(key.publicKey(), PublicKey.parse(gatewayKey)).toBase64())
        .contains("AllowedIPs = 10.60.0.0/24")
        .containsPattern("Endpoint = 192\\.0\\.2\\.[12]:" + effective.listenPort);

    cluster.agentsReady("quick");
    cluster.awaitReason(here, "quick-laptop", "Ready", "Ready");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    Conditions.isTrue(
                        cluster.network("quick").getStatus().conditions, ConditionType.READY))
                .isTrue());
    awaitEvent("quick-laptop", "Ready");
  }

  @Test
  void nodeWithTheLongestNameJoinsLikeAnyOther() {
    var longest = ("n".repeat(49) + ".").repeat(5) + "abc";
    assertThat(longest).hasSize(253);
    cluster.node(longest, "longest", "192.0.2.21");
    cluster.network("longest", "10.59.0.0/24", spec -> {});
    cluster.peer(here, "longest-laptop", "longest", peer -> {});
    cluster.awaitPublished(here, "longest-laptop");
    assertThat(cluster.peer(here, "longest-laptop").getStatus().homeGateway).isEqualTo(longest);
    var node = cluster.meshNodes("longest").getFirst();
    assertThat(node.getMetadata().getName()).hasSize(253).startsWith("longest.nnn");
    assertThat(
            cluster.secret(OperatorTestCluster.NAMESPACE, requireNonNull(node.getSpec().keySecret)))
        .isPresent();
  }

  @Test
  void steadyStateWritesNothing() {
    cluster.node("steady-a", "steady", "192.0.2.11");
    cluster.network("steady", "10.61.0.0/24", spec -> {});
    for (int i = 0; i < 5; i++) {
      cluster.peer(here, "steady-" + i, "steady", peer -> {});
    }
    for (int i = 0; i < 5; i++) {
      cluster.awaitPublished(here, "steady-" + i);
    }
    cluster.agentsReady("steady");
    for (int i = 0; i < 5; i++) {
      cluster.awaitReason(here, "steady-" + i, "Ready", "Ready");
    }
    var settled = settledVersions("steady");

    awaitReconciliations(
        "wireguardnetwork",
        4 * cluster.admin().resources(WireGuardNetwork.class).list().getItems().size());
    awaitReconciliations(
        "peer",
        4 * cluster.admin().resources(Peer.class).inAnyNamespace().list().getItems().size());

    assertThat(versions("steady")).isEqualTo(settled);
  }

  @Test
  void networksNeverCollide() {
    cluster.network("first", "10.50.0.0/24", spec -> {});
    cluster.network("second", "10.51.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.network("first").getStatus().effective).isNotNull();
          assertThat(cluster.network("second").getStatus().effective).isNotNull();
        });
    var first = requireNonNull(cluster.network("first").getStatus().effective);
    var second = requireNonNull(cluster.network("second").getStatus().effective);
    assertThat(first.listenPort).isNotEqualTo(second.listenPort);
    assertThat(first.routingTable).isNotEqualTo(second.routingTable);
    assertThat(first.rulePriority).isNotEqualTo(second.rulePriority);
    assertThat(first.interfaceName).isNotEqualTo(second.interfaceName);

    cluster.network("third", "10.52.0.0/24", spec -> spec.listenPort = first.listenPort);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    Conditions.find(
                        cluster.network("third").getStatus().conditions, ConditionType.ACCEPTED))
                .get()
                .satisfies(it -> {
                  assertThat(it.getReason()).isEqualTo("PortConflict");
                  assertThat(it.getMessage()).contains("network first");
                }));
    assertThat(cluster.network("third").getStatus().effective).isNull();
  }

  @Test
  void nodeThatLeavesChangesNoOtherAddress() {
    for (var node : List.of("a", "b", "c")) {
      cluster.node("leave-" + node, "leave", "192.0.2.10" + (node.charAt(0) - 'a'));
    }
    cluster.network("leave", "10.53.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes("leave"))
                .hasSize(3)
                .allMatch(node -> !node.getSpec().addresses.isEmpty()));
    var before = addresses("leave");

    cluster
        .admin()
        .nodes()
        .withName("leave-b")
        .edit(node -> {
          node.getMetadata().getLabels().remove("test-network");
          return node;
        });
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.meshNodes("leave")).hasSize(2));
    var after = addresses("leave");
    assertThat(before).containsAllEntriesOf(after);

    cluster
        .admin()
        .nodes()
        .withName("leave-b")
        .edit(node -> {
          node.getMetadata().getLabels().put("test-network", "leave");
          return node;
        });
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(addresses("leave")).isEqualTo(before));
  }

  @Test
  void peerStaysWithItsGatewayAndMovesOnlyWhenThatGoes() {
    for (var node : List.of("a", "b", "c")) {
      cluster.node("home-" + node, "home-move", "192.0.2.11" + (node.charAt(0) - 'a'));
    }
    cluster.network("home-move", "10.56.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() ->
            cluster.meshNodes("home-move").stream().filter(it -> it.getSpec().gateway).count()
                == 3);
    cluster.peer(here, "home-move", "home-move", peer -> {});
    cluster.awaitPublished(here, "home-move");
    var home = requireNonNull(cluster.peer(here, "home-move").getStatus().homeGateway);
    var key = cluster.peer(here, "home-move").getStatus().publicKey;

    var other =
        List.of("home-a", "home-b", "home-c").stream()
            .filter(it -> !it.equals(home))
            .findFirst()
            .orElseThrow();
    cluster.label(other, null);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> cluster.meshNodes("home-move").size() == 2);
    assertThat(cluster.peer(here, "home-move").getStatus().homeGateway).isEqualTo(home);

    cluster.label(home, null);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var status = cluster.peer(here, "home-move").getStatus();
          assertThat(status.homeGateway).isNotNull().isNotIn(home, other);
          assertThat(status.publicKey).isEqualTo(key);
        });
  }

  @Test
  void metricsAndHealthAreServed() throws Exception {
    cluster.network("seen", "10.55.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(OperatorHttp.metrics(operator))
                .contains(
                    "wiremesh_pool_addresses{network=\"seen\",pool=\"v4\",state=\"capacity\"} 254.0")
                .contains("wiremesh_reconcile_duration_seconds_count{kind=\"peer\"}")
                .contains("wiremesh_informer_last_event_age_seconds{kind=\"Peer\"}")
                .contains("wiremesh_build_info{"));
    assertThat(OperatorHttp.get(operator, "/healthz")).isEqualTo("ok\n");
    assertThat(OperatorHttp.get(operator, "/readyz")).isEqualTo("ok\n");
  }

  /** Until the operator has looked at objects of a kind so many times more. */
  private void awaitReconciliations(String kind, int more) {
    var before = new AtomicLong(-1);
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> {
          var now = reconciliations(kind);
          before.compareAndSet(-1, now);
          return now >= before.get() + more;
        });
  }

  private long reconciliations(String kind) throws Exception {
    var name = "wiremesh_reconcile_duration_seconds_count{kind=\"" + kind + "\"} ";
    return OperatorHttp.metrics(operator)
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> (long) Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  private Map<String, List<String>> addresses(String network) {
    var addresses = new TreeMap<String, List<String>>();
    cluster
        .meshNodes(network)
        .forEach(node -> addresses.put(node.getSpec().nodeName, node.getSpec().addresses));
    return addresses;
  }

  /** Waits until nothing has changed for longer than a resync. */
  private Map<String, String> settledVersions(String network) {
    var last = new AtomicReference<>(versions(network));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .pollInterval(RESYNC.plusSeconds(1))
        .until(() -> {
          var now = versions(network);
          return now.equals(last.getAndSet(now));
        });
    return last.get();
  }

  /** The versions of everything that belongs to a network, its Events included. */
  private Map<String, String> versions(String network) {
    var admin = cluster.admin();
    var objects =
        Stream.of(
                admin.resources(WireGuardNetwork.class).list().getItems().stream(),
                admin.resources(MeshNode.class).list().getItems().stream(),
                admin.resources(IPAllocation.class).list().getItems().stream(),
                admin.resources(Peer.class).inNamespace(here).list().getItems().stream(),
                admin.secrets().inNamespace(here).list().getItems().stream(),
                admin
                    .secrets()
                    .inNamespace(OperatorTestCluster.NAMESPACE)
                    .list()
                    .getItems()
                    .stream(),
                admin.v1().events().inNamespace(here).list().getItems().stream())
            .<HasMetadata>flatMap(it -> it);
    var versions = new TreeMap<String, String>();
    objects
        .filter(it -> it.getMetadata().getName().contains(network))
        .forEach(it ->
            versions.put(
                it.getKind() + " " + it.getMetadata().getName(),
                it.getMetadata().getResourceVersion()));
    return versions;
  }
}
