package dev.wiremesh.operator.runtime;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.operator.kube.Conditions;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** The operator in this process, with its own rights, against a real API server. */
@RequiresKubernetes
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class OperatorTest {
  private static final Duration RESYNC = Duration.ofSeconds(2);
  private static final String HERE = "operator-test";

  private final TestCluster cluster;
  private final KubernetesClient client;
  private final OperatorRuntime operator;

  OperatorTest(ControlPlane controlPlane) throws Exception {
    cluster = new TestCluster(controlPlane);
    client = cluster.operatorClient();
    operator =
        OperatorRuntime.start(
            client,
            new OperatorConfig(
                TestCluster.NAMESPACE,
                new InetSocketAddress("127.0.0.1", 0),
                true,
                "test",
                Duration.ofSeconds(60)),
            RESYNC,
            Clock.systemUTC(),
            () -> {});
  }

  @BeforeAll
  void makeNamespace() {
    cluster.namespace(HERE);
  }

  @AfterAll
  void stop() {
    operator.close();
    client.close();
    cluster.close();
  }

  @Test
  void quickstartGivesNodesAndPeersWhatTheyNeed() {
    cluster.node("quick-a", "quick", "192.0.2.1");
    cluster.node("quick-b", "quick", "192.0.2.2");
    cluster.network("quick", "10.60.0.0/24", spec -> {});
    cluster.peer(HERE, "quick-laptop", "quick", peer -> {});
    cluster.awaitPublished(HERE, "quick-laptop");

    await()
        .atMost(TestCluster.PATIENCE)
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
                              TestCluster.NAMESPACE, requireNonNull(node.getSpec().keySecret)))
                      .isPresent();
                }));
    var network = cluster.network("quick");
    var gatewayKey = requireNonNull(network.getStatus().gatewayPublicKey);
    var effective = requireNonNull(network.getStatus().effective);
    assertThat(
            PrivateKey.parse(
                    cluster.text(TestCluster.NAMESPACE, "wiremesh-gateway-quick", "privateKey"))
                .publicKey())
        .hasToString(gatewayKey);

    var peer = cluster.peer(HERE, "quick-laptop");
    var key = PrivateKey.parse(cluster.text(HERE, "quick-laptop-wiremesh", "privateKey"));
    assertThat(peer.getStatus().publicKey).isEqualTo(key.publicKey().toString());
    var seed =
        PresharedKeySeed.parse(
            cluster.text(TestCluster.NAMESPACE, "wiremesh-network-quick", "presharedKeySeed"));
    assertThat(cluster.configuration(HERE, "quick-laptop"))
        .contains("PrivateKey = " + key.toBase64())
        .contains("Address = " + peer.getStatus().addresses.getFirst() + "/32")
        .contains("PublicKey = " + gatewayKey)
        .contains(
            "PresharedKey = "
                + seed.forPair(key.publicKey(), PublicKey.parse(gatewayKey)).toBase64())
        .contains("AllowedIPs = 10.60.0.0/24")
        .containsPattern("Endpoint = 192\\.0\\.2\\.[12]:" + effective.listenPort);

    cluster.agentsReady("quick");
    cluster.awaitReason(HERE, "quick-laptop", "Ready", "Ready");
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(Conditions.isTrue(cluster.network("quick").getStatus().conditions, "Ready"))
                .isTrue());
    assertThat(events("quick-laptop")).contains("Ready");
  }

  @Test
  void steadyStateWritesNothing() throws InterruptedException {
    cluster.node("steady-a", "steady", "192.0.2.11");
    cluster.network("steady", "10.61.0.0/24", spec -> {});
    for (int i = 0; i < 5; i++) {
      cluster.peer(HERE, "steady-" + i, "steady", peer -> {});
    }
    for (int i = 0; i < 5; i++) {
      cluster.awaitPublished(HERE, "steady-" + i);
    }
    cluster.agentsReady("steady");
    for (int i = 0; i < 5; i++) {
      cluster.awaitReason(HERE, "steady-" + i, "Ready", "Ready");
    }
    var settled = settledVersions("steady");

    // Several resyncs long.
    Thread.sleep(RESYNC.multipliedBy(4));

    assertThat(versions("steady")).isEqualTo(settled);
  }

  @Test
  void fullPoolMarksOnlyThoseThatFoundNoRoom() {
    cluster.node("full-a", "full", "192.0.2.21");
    cluster.network("full", "10.62.0.0/29", spec -> spec.addressReuseAfter = "2s");
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes("full"))
                .hasSize(1)
                .allMatch(node -> !node.getSpec().addresses.isEmpty()));
    for (int i = 0; i < 5; i++) {
      cluster.peer(HERE, "full-" + i, "full", peer -> {});
      cluster.awaitPublished(HERE, "full-" + i);
    }
    cluster.peer(HERE, "full-late", "full", peer -> {});
    cluster.awaitReason(HERE, "full-late", "AddressAllocated", "PoolExhausted");

    assertThat(cluster.condition(HERE, "full-late", "AddressAllocated").orElseThrow().getMessage())
        .contains("No IPv4 address is left in pool v4");
    for (int i = 0; i < 5; i++) {
      assertThat(cluster.condition(HERE, "full-" + i, "AddressAllocated").orElseThrow().getStatus())
          .isEqualTo("True");
    }
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    Conditions.find(
                        cluster.network("full").getStatus().conditions, "AddressesAvailable"))
                .get()
                .extracting(Condition::getReason)
                .isEqualTo("PoolExhausted"));
    assertThat(cluster.network("full").getStatus().pools.getFirst().free).isEqualTo("0");

    var freed = cluster.peer(HERE, "full-3").getStatus().addresses;
    cluster.deletePeer(HERE, "full-3");
    cluster.awaitPublished(HERE, "full-late");
    assertThat(cluster.peer(HERE, "full-late").getStatus().addresses).isEqualTo(freed);
  }

  @Test
  void youngerOfTwoWithOneKeyIsToldOfTheOther() {
    cluster.node("twin-a", "twin", "192.0.2.31");
    cluster.network("twin", "10.63.0.0/24", spec -> {});
    var key = PrivateKey.generate(new SecureRandom()).publicKey().toString();
    cluster.peer(HERE, "twin-old", "twin", peer -> peer.getSpec().publicKey = key);
    cluster.awaitPublished(HERE, "twin-old");
    // Ages are counted in whole seconds.
    var created =
        Instant.parse(cluster.peer(HERE, "twin-old").getMetadata().getCreationTimestamp());
    await().until(() -> Instant.now().isAfter(created.plusSeconds(1)));
    cluster.peer(HERE, "twin-young", "twin", peer -> peer.getSpec().publicKey = key);
    cluster.awaitReason(HERE, "twin-young", "Accepted", "DuplicatePublicKey");

    assertThat(cluster.condition(HERE, "twin-young", "Accepted").orElseThrow().getMessage())
        .contains("peer " + HERE + "/twin-old");
    assertThat(cluster.condition(HERE, "twin-old", "Accepted").orElseThrow().getStatus())
        .isEqualTo("True");
    assertThat(cluster.configuration(HERE, "twin-old"))
        .contains("PrivateKey = PUT-THE-PRIVATE-KEY-HERE");
    assertThat(cluster.secret(HERE, "twin-old-wiremesh").orElseThrow().getData())
        .doesNotContainKey("privateKey");

    cluster.deletePeer(HERE, "twin-old");
    cluster.awaitReason(HERE, "twin-young", "Accepted", "Accepted");
  }

  @Test
  @RequiresKubernetes(controllerManager = true)
  void deletedPeerLeavesNothingAndComesBackToItsAddress() {
    cluster.node("again-a", "again", "192.0.2.41");
    cluster.network("again", "10.64.0.0/24", spec -> {});
    cluster.peer(HERE, "again", "again", peer -> {});
    cluster.awaitPublished(HERE, "again");
    cluster.peer(HERE, "again-other", "again", peer -> {});
    cluster.awaitPublished(HERE, "again-other");
    var address = cluster.peer(HERE, "again").getStatus().addresses.getFirst();
    var key = cluster.peer(HERE, "again").getStatus().publicKey;

    cluster.deletePeer(HERE, "again");

    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.secret(HERE, "again-wiremesh")).isEmpty();
          assertThat(cluster.allocations("again"))
              .filteredOn(it -> it.getSpec().address.equals(address))
              .singleElement()
              .extracting(it -> it.getStatus().releasedAt)
              .isNotNull();
        });
    cluster.peer(HERE, "again-new", "again", peer -> {});
    cluster.awaitPublished(HERE, "again-new");
    assertThat(cluster.peer(HERE, "again-new").getStatus().addresses).doesNotContain(address);

    cluster.peer(HERE, "again", "again", peer -> {});
    cluster.awaitPublished(HERE, "again");
    assertThat(cluster.peer(HERE, "again").getStatus().addresses).containsExactly(address);
    assertThat(cluster.peer(HERE, "again").getStatus().publicKey).isNotEqualTo(key);
    assertThat(cluster.allocations("again"))
        .filteredOn(it -> it.getSpec().address.equals(address))
        .singleElement()
        .extracting(it -> it.getStatus().releasedAt)
        .isNull();
  }

  @Test
  void foreignSecretIsNeverTouched() {
    cluster.node("foreign-a", "foreign", "192.0.2.51");
    cluster.network("foreign", "10.65.0.0/24", spec -> {});
    var foreign =
        cluster
            .admin()
            .resource(
                new SecretBuilder()
                    .withNewMetadata()
                    .withNamespace(HERE)
                    .withName("foreign-wiremesh")
                    .endMetadata()
                    .addToData("mine", "bWluZQ==")
                    .build())
            .create();
    cluster.peer(HERE, "foreign", "foreign", peer -> {});
    cluster.awaitReason(HERE, "foreign", "Ready", "SecretConflict");

    assertThat(cluster.secret(HERE, "foreign-wiremesh").orElseThrow()).isEqualTo(foreign);
    cluster.admin().resource(foreign).delete();
    cluster.awaitPublished(HERE, "foreign");
  }

  @Test
  void suspendedPeerKeepsAddressAndKey() {
    cluster.node("pause-a", "pause", "192.0.2.61");
    cluster.network("pause", "10.66.0.0/24", spec -> {});
    cluster.peer(HERE, "pause", "pause", peer -> {});
    cluster.awaitPublished(HERE, "pause");
    var before = cluster.peer(HERE, "pause").getStatus();

    cluster.editPeer(HERE, "pause", peer -> peer.getSpec().suspended = true);
    cluster.awaitReason(HERE, "pause", "Ready", "Suspended");

    var suspended = cluster.peer(HERE, "pause").getStatus();
    assertThat(suspended.addresses).isEqualTo(before.addresses);
    assertThat(suspended.publicKey).isEqualTo(before.publicKey);
    cluster.editPeer(HERE, "pause", peer -> peer.getSpec().suspended = false);
    cluster.awaitReason(HERE, "pause", "Accepted", "Accepted");
    assertThat(cluster.peer(HERE, "pause").getStatus().publicKey).isEqualTo(before.publicKey);
  }

  @Test
  void staticAddressesAreGivenOrExplained() {
    cluster.node("static-a", "static", "192.0.2.71");
    cluster.network(
        "static",
        "10.67.0.0/24",
        spec -> spec.addressPools.getFirst().reserved = List.of("10.67.0.0/28"));
    cluster.peer(
        HERE, "static-hub", "static", peer -> peer.getSpec().addresses = List.of("10.67.0.7"));
    cluster.awaitPublished(HERE, "static-hub");
    assertThat(cluster.peer(HERE, "static-hub").getStatus().addresses).containsExactly("10.67.0.7");

    cluster.peer(
        HERE, "static-same", "static", peer -> peer.getSpec().addresses = List.of("10.67.0.7"));
    cluster.awaitReason(HERE, "static-same", "AddressAllocated", "AddressInUse");
    assertThat(
            cluster.condition(HERE, "static-same", "AddressAllocated").orElseThrow().getMessage())
        .contains("Peer " + HERE + "/static-hub");

    cluster.peer(
        HERE, "static-off", "static", peer -> peer.getSpec().addresses = List.of("10.99.0.7"));
    cluster.awaitReason(HERE, "static-off", "AddressAllocated", "AddressOutOfRange");

    cluster.editPeer(HERE, "static-hub", peer -> peer.getSpec().addresses = List.of("10.67.0.8"));
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(HERE, "static-hub").getStatus().addresses)
                .containsExactly("10.67.0.8"));
    assertThat(cluster.configuration(HERE, "static-hub")).contains("Address = 10.67.0.8/32");
  }

  @Test
  void routesReachTheOthersOrAreExplained() {
    cluster.node("lan-a", "lan", "192.0.2.81");
    cluster.network("lan", "10.68.0.0/24", spec -> {});
    cluster.peer(HERE, "lan-laptop", "lan", peer -> {});
    cluster.awaitPublished(HERE, "lan-laptop");
    cluster.peer(
        HERE,
        "lan-router",
        "lan",
        peer ->
            peer.getSpec().routes =
                Stream.of("192.168.200.0/24", "10.68.0.0/28", "8.8.8.0/24", "192.0.2.81/32")
                    .map(OperatorTest::route)
                    .toList());
    cluster.awaitPublished(HERE, "lan-router");

    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(HERE, "lan-router").getStatus().routes)
                .extracting(it -> it.cidr + " " + it.state)
                .containsExactlyInAnyOrder(
                    "192.168.200.0/24 ACCEPTED",
                    "10.68.0.0/28 REJECTED",
                    "8.8.8.0/24 REJECTED",
                    "192.0.2.81/32 REJECTED"));
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(HERE, "lan-laptop"))
                .contains("AllowedIPs = 10.68.0.0/24, 192.168.200.0/24"));
    assertThat(cluster.configuration(HERE, "lan-router"))
        .contains("AllowedIPs = 10.68.0.16/28")
        .contains("net.ipv4.ip_forward=1");
    assertThat(events("lan-laptop")).contains("ConfigChanged");
  }

  @Test
  void keyOfTheUsersOwnSecretIsUsed() {
    cluster.node("own-a", "own", "192.0.2.91");
    cluster.network("own", "10.69.0.0/24", spec -> {});
    cluster.peer(
        HERE,
        "own",
        "own",
        peer -> {
          peer.getSpec().keySecretRef = new PeerSpec.KeySecretReference();
          peer.getSpec().keySecretRef.name = "own-key";
        });
    cluster.awaitReason(HERE, "own", "KeyReady", "SecretNotFound");

    var key = PrivateKey.generate(new SecureRandom());
    cluster
        .admin()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withNamespace(HERE)
                .withName("own-key")
                .endMetadata()
                .addToStringData("privateKey", key.toBase64() + "\n")
                .build())
        .create();
    cluster.awaitPublished(HERE, "own");

    assertThat(cluster.peer(HERE, "own").getStatus().publicKey)
        .isEqualTo(key.publicKey().toString());
    assertThat(cluster.configuration(HERE, "own")).contains("PrivateKey = " + key.toBase64());
  }

  @Test
  void networksNeverCollide() {
    cluster.network("first", "10.50.0.0/24", spec -> {});
    cluster.network("second", "10.51.0.0/24", spec -> {});
    await()
        .atMost(TestCluster.PATIENCE)
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
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(Conditions.find(cluster.network("third").getStatus().conditions, "Accepted"))
                .get()
                .satisfies(it -> {
                  assertThat(it.getReason()).isEqualTo("PortConflict");
                  assertThat(it.getMessage()).contains("network first");
                }));
    assertThat(cluster.network("third").getStatus().effective).isNull();
  }

  @Test
  void nodeThatLeavesMovesNobody() {
    for (var node : List.of("a", "b", "c")) {
      cluster.node("leave-" + node, "leave", "192.0.2.10" + (node.charAt(0) - 'a'));
    }
    cluster.network("leave", "10.53.0.0/24", spec -> {});
    await()
        .atMost(TestCluster.PATIENCE)
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
        .atMost(TestCluster.PATIENCE)
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
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(addresses("leave")).isEqualTo(before));
  }

  @Test
  void peerStaysWithItsGatewayAndMovesOnlyWhenThatGoes() {
    for (var node : List.of("a", "b", "c")) {
      cluster.node("home-" + node, "home-move", "192.0.2.11" + (node.charAt(0) - 'a'));
    }
    cluster.network("home-move", "10.56.0.0/24", spec -> {});
    await()
        .atMost(TestCluster.PATIENCE)
        .until(() ->
            cluster.meshNodes("home-move").stream().filter(it -> it.getSpec().gateway).count()
                == 3);
    cluster.peer(HERE, "home-move", "home-move", peer -> {});
    cluster.awaitPublished(HERE, "home-move");
    var home = requireNonNull(cluster.peer(HERE, "home-move").getStatus().homeGateway);
    var key = cluster.peer(HERE, "home-move").getStatus().publicKey;

    var other =
        List.of("home-a", "home-b", "home-c").stream()
            .filter(it -> !it.equals(home))
            .findFirst()
            .orElseThrow();
    cluster.label(other, null);
    await().atMost(TestCluster.PATIENCE).until(() -> cluster.meshNodes("home-move").size() == 2);
    assertThat(cluster.peer(HERE, "home-move").getStatus().homeGateway).isEqualTo(home);

    cluster.label(home, null);
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() -> {
          var status = cluster.peer(HERE, "home-move").getStatus();
          assertThat(status.homeGateway).isNotNull().isNotIn(home, other);
          assertThat(status.publicKey).isEqualTo(key);
        });
  }

  @Test
  void peerHasAnAddressOfEachFamilyAndGetsOneMoreWithANewPool() {
    cluster.node("dual-a", "dual", "192.0.2.121");
    cluster.network("dual", "10.57.0.0/24", spec -> {});
    cluster.peer(HERE, "dual", "dual", peer -> {});
    cluster.awaitPublished(HERE, "dual");
    var before = cluster.peer(HERE, "dual").getStatus().addresses;

    cluster
        .admin()
        .resources(WireGuardNetwork.class)
        .withName("dual")
        .edit(network -> {
          var pool = new WireGuardNetworkSpec.AddressPool();
          pool.name = "v6";
          pool.cidr = "fd00:57::/64";
          network.getSpec().addressPools.add(pool);
          return network;
        });
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(HERE, "dual").getStatus().addresses)
                .hasSize(2)
                .containsAll(before)
                .anyMatch(it -> it.startsWith("fd00:57::")));
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(HERE, "dual"))
                .containsPattern("Address = 10\\.57\\.0\\.[0-9]+/32, fd00:57::[0-9a-f]+/128")
                .contains("AllowedIPs = 10.57.0.0/24, fd00:57::/64"));
  }

  @Test
  void peerWithoutNetworkIsToldSo() {
    cluster.peer(HERE, "lost", "nowhere", peer -> {});
    cluster.awaitReason(HERE, "lost", "Accepted", "NetworkNotFound");
    cluster.network("nowhere", "10.54.0.0/24", spec -> spec.gateways = null);
    cluster.awaitReason(HERE, "lost", "ConfigPublished", "NoGateway");
  }

  @Test
  void metricsAndHealthAreServed() throws Exception {
    cluster.network("seen", "10.55.0.0/24", spec -> {});
    await()
        .atMost(TestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(get("/metrics"))
                .contains(
                    "wiremesh_pool_addresses{network=\"seen\",pool=\"v4\",state=\"capacity\"} 254.0")
                .contains("wiremesh_reconcile_duration_seconds_count{kind=\"peer\"}")
                .contains("wiremesh_informer_last_event_age_seconds{kind=\"Peer\"}")
                .contains("wiremesh_build_info{"));
    assertThat(get("/healthz")).isEqualTo("ok\n");
    assertThat(get("/readyz")).isEqualTo("ok\n");
  }

  @AfterAll
  void nothingWasForbidden() {
    assertThat(cluster.forbidden()).isEmpty();
  }

  private String get(String path) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      var address = operator.httpAddress();
      var request =
          HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + address.getPort() + path))
              .build();
      return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private List<String> events(String about) {
    return cluster.admin().v1().events().inNamespace(HERE).list().getItems().stream()
        .filter(it -> it.getInvolvedObject().getName().equals(about))
        .map(it -> it.getReason())
        .toList();
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
        .atMost(TestCluster.PATIENCE)
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
                admin.resources(Peer.class).inNamespace(HERE).list().getItems().stream(),
                admin.secrets().inNamespace(HERE).list().getItems().stream(),
                admin.secrets().inNamespace(TestCluster.NAMESPACE).list().getItems().stream(),
                admin.v1().events().inNamespace(HERE).list().getItems().stream())
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

  private static PeerSpec.Route route(String cidr) {
    var route = new PeerSpec.Route();
    route.cidr = cidr;
    return route;
  }
}
