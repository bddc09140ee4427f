package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Reconciliation of a Peer by a running operator: addresses, key, Secret, routes. */
@RequiresKubernetes
final class PeersOfOperatorTest extends RunningOperator {
  PeersOfOperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "peers-test", RESYNC);
  }

  @Test
  void fullPoolMarksOnlyThoseThatFoundNoRoom() {
    cluster.node("full-a", "full", "192.0.2.21");
    cluster.network("full", "10.62.0.0/29", spec -> spec.addressReuseAfter = "2s");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes("full"))
                .hasSize(1)
                .allMatch(node -> !node.getSpec().addresses.isEmpty()));
    for (int i = 0; i < 5; i++) {
      cluster.peer(here, "full-" + i, "full", peer -> {});
      cluster.awaitPublished(here, "full-" + i);
    }
    cluster.peer(here, "full-late", "full", peer -> {});
    cluster.awaitReason(here, "full-late", "AddressAllocated", "PoolExhausted");

    assertThat(cluster.condition(here, "full-late", "AddressAllocated").orElseThrow().getMessage())
        .contains("No IPv4 address is left in pool v4");
    for (int i = 0; i < 5; i++) {
      assertThat(cluster.condition(here, "full-" + i, "AddressAllocated").orElseThrow().getStatus())
          .isEqualTo("True");
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(
                    Conditions.find(
                        cluster.network("full").getStatus().conditions,
                        ConditionType.ADDRESSES_AVAILABLE))
                .get()
                .extracting(Condition::getReason)
                .isEqualTo("PoolExhausted"));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.network("full").getStatus().pools.getFirst().free).isEqualTo("0"));

    var freed = cluster.peer(here, "full-3").getStatus().addresses;
    cluster.deletePeer(here, "full-3");
    cluster.awaitPublished(here, "full-late");
    assertThat(cluster.peer(here, "full-late").getStatus().addresses).isEqualTo(freed);
  }

  @Test
  void youngerPeerWithADuplicateKeyNamesTheOlderOne() {
    cluster.node("twin-a", "twin", "192.0.2.31");
    cluster.network("twin", "10.63.0.0/24", spec -> {});
    var key = PrivateKey.generate(new SecureRandom()).publicKey().toString();
    cluster.peer(here, "twin-old", "twin", peer -> peer.getSpec().publicKey = key);
    cluster.awaitPublished(here, "twin-old");
    // Ages are counted in whole seconds.
    var created =
        Instant.parse(cluster.peer(here, "twin-old").getMetadata().getCreationTimestamp());
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> Instant.now().isAfter(created.plusSeconds(1)));
    cluster.peer(here, "twin-young", "twin", peer -> peer.getSpec().publicKey = key);
    cluster.awaitReason(here, "twin-young", "Accepted", "DuplicatePublicKey");

    assertThat(cluster.condition(here, "twin-young", "Accepted").orElseThrow().getMessage())
        .contains("peer " + here + "/twin-old");
    assertThat(cluster.condition(here, "twin-old", "Accepted").orElseThrow().getStatus())
        .isEqualTo("True");
    assertThat(cluster.configuration(here, "twin-old"))
        .contains("PrivateKey = PUT-THE-PRIVATE-KEY-HERE");
    assertThat(cluster.secret(here, "twin-old-wiremesh").orElseThrow().getData())
        .doesNotContainKey("privateKey");

    cluster.deletePeer(here, "twin-old");
    cluster.awaitReason(here, "twin-young", "Accepted", "Accepted");
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
                    .withNamespace(here)
                    .withName("foreign-wiremesh")
                    .endMetadata()
                    .addToData("mine", "bWluZQ==")
                    .build())
            .create();
    cluster.peer(here, "foreign", "foreign", peer -> {});
    cluster.awaitReason(here, "foreign", "Ready", "SecretConflict");

    assertThat(cluster.secret(here, "foreign-wiremesh").orElseThrow()).isEqualTo(foreign);
    cluster.admin().resource(foreign).delete();
    cluster.awaitPublished(here, "foreign");
  }

  @Test
  void suspendedPeerKeepsAddressAndKey() {
    cluster.node("pause-a", "pause", "192.0.2.61");
    cluster.network("pause", "10.66.0.0/24", spec -> {});
    cluster.peer(here, "pause", "pause", peer -> {});
    cluster.awaitPublished(here, "pause");
    var before = cluster.peer(here, "pause").getStatus();

    cluster.editPeer(here, "pause", peer -> peer.getSpec().suspended = true);
    cluster.awaitReason(here, "pause", "Ready", "Suspended");

    var suspended = cluster.peer(here, "pause").getStatus();
    assertThat(suspended.addresses).isEqualTo(before.addresses);
    assertThat(suspended.publicKey).isEqualTo(before.publicKey);
    cluster.editPeer(here, "pause", peer -> peer.getSpec().suspended = false);
    cluster.awaitReason(here, "pause", "Accepted", "Accepted");
    assertThat(cluster.peer(here, "pause").getStatus().publicKey).isEqualTo(before.publicKey);
  }

  @Test
  void staticAddressesAreGivenOrExplained() {
    cluster.node("static-a", "static", "192.0.2.71");
    cluster.network(
        "static",
        "10.67.0.0/24",
        spec -> {
          spec.addressPools.getFirst().reserved = List.of("10.67.0.0/28");
          var grant = new WireGuardNetworkSpec.ReservedGrant();
          grant.namespaces = new LabelSelectorBuilder().build();
          grant.addresses = List.of("10.67.0.0/28");
          spec.reservedGrants = List.of(grant);
        });
    cluster.peer(
        here, "static-hub", "static", peer -> peer.getSpec().addresses = List.of("10.67.0.7"));
    cluster.awaitPublished(here, "static-hub");
    assertThat(cluster.peer(here, "static-hub").getStatus().addresses).containsExactly("10.67.0.7");

    cluster.peer(
        here, "static-same", "static", peer -> peer.getSpec().addresses = List.of("10.67.0.7"));
    cluster.awaitReason(here, "static-same", "AddressAllocated", "AddressInUse");
    assertThat(
            cluster.condition(here, "static-same", "AddressAllocated").orElseThrow().getMessage())
        .contains("Peer " + here + "/static-hub");

    cluster.peer(
        here, "static-off", "static", peer -> peer.getSpec().addresses = List.of("10.99.0.7"));
    cluster.awaitReason(here, "static-off", "AddressAllocated", "AddressOutOfRange");

    cluster.editPeer(here, "static-hub", peer -> peer.getSpec().addresses = List.of("10.67.0.8"));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(here, "static-hub").getStatus().addresses)
                .containsExactly("10.67.0.8"));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(here, "static-hub"))
                .contains("Address = 10.67.0.8/32"));
  }

  @Test
  void routesReachTheOthersOrAreExplained() {
    cluster.node("lan-a", "lan", "192.0.2.81");
    cluster.network(
        "lan",
        "10.68.0.0/24",
        spec -> {
          spec.peerRoutes = new WireGuardNetworkSpec.PeerRoutes();
          spec.peerRoutes.allowed =
              List.of("192.168.0.0/16", "10.0.0.0/8", "192.0.2.0/24", "8.8.0.0/17");
        });
    cluster.peer(here, "lan-laptop", "lan", peer -> {});
    cluster.awaitPublished(here, "lan-laptop");
    cluster.peer(
        here,
        "lan-router",
        "lan",
        peer ->
            peer.getSpec().routes =
                Stream.of("192.168.200.0/24", "10.68.0.0/28", "8.8.128.0/24", "192.0.2.81/32")
                    .map(PeersOfOperatorTest::route)
                    .toList());
    cluster.awaitPublished(here, "lan-router");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(here, "lan-router").getStatus().routes)
                .extracting(it -> it.cidr + " " + it.state)
                .containsExactlyInAnyOrder(
                    "192.168.200.0/24 ACCEPTED",
                    "10.68.0.0/28 REJECTED",
                    "8.8.128.0/24 REJECTED",
                    "192.0.2.81/32 REJECTED"));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(here, "lan-laptop"))
                .contains("AllowedIPs = 10.68.0.0/24, 192.168.200.0/24"));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(here, "lan-router"))
                .contains("AllowedIPs = 10.68.0.0/24\n")
                .contains("echo 1 > ipv4/ip_forward"));
    awaitEvent("lan-laptop", "ConfigChanged");
    assertThat(cluster.peer(here, "lan-router").getStatus().routesAccepted).isEqualTo("1/4");
    assertThat(cluster.peer(here, "lan-laptop").getStatus().routesAccepted).isNull();
    awaitEvent("lan-router", "RouteRefused");
    assertThat(events("lan-router"))
        .as("one for all routes, and none at later reconciliations")
        .containsOnlyOnce("RouteRefused");
  }

  @Test
  void keyOfTheUsersOwnSecretIsUsed() {
    cluster.node("own-a", "own", "192.0.2.91");
    cluster.network("own", "10.69.0.0/24", spec -> {});
    cluster.peer(
        here,
        "own",
        "own",
        peer -> {
          peer.getSpec().keySecretRef = new PeerSpec.KeySecretReference();
          peer.getSpec().keySecretRef.name = "own-key";
        });
    cluster.awaitReason(here, "own", "KeyReady", "SecretNotFound");

    var key = PrivateKey.generate(new SecureRandom());
    cluster
        .admin()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withNamespace(here)
                .withName("own-key")
                .endMetadata()
                .addToStringData("privateKey", key.toBase64() + "\n")
                .build())
        .create();
    cluster.awaitPublished(here, "own");

    assertThat(cluster.peer(here, "own").getStatus().publicKey)
        .isEqualTo(key.publicKey().toString());
    assertThat(cluster.configuration(here, "own")).contains("PrivateKey = " + key.toBase64());
  }

  @Test
  void peerHasAnAddressOfEachFamilyAndGetsOneMoreWithANewPool() {
    cluster.node("dual-a", "dual", "192.0.2.121");
    cluster.network("dual", "10.57.0.0/24", spec -> {});
    cluster.peer(here, "dual", "dual", peer -> {});
    cluster.awaitPublished(here, "dual");
    var before = cluster.peer(here, "dual").getStatus().addresses;

    cluster.editNetwork(
        "dual",
        spec -> {
          var pool = new WireGuardNetworkSpec.AddressPool();
          pool.name = "v6";
          pool.cidr = "fd00:57::/64";
          spec.addressPools.add(pool);
        });
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(here, "dual").getStatus().addresses)
                .hasSize(2)
                .containsAll(before)
                .anyMatch(it -> it.startsWith("fd00:57::")));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.configuration(here, "dual"))
                .containsPattern("Address = 10\\.57\\.0\\.[0-9]+/32, fd00:57::[0-9a-f]+/128")
                .contains("AllowedIPs = 10.57.0.0/24, fd00:57::/64"));
  }

  @Test
  void peerWithoutNetworkIsNotAccepted() {
    cluster.peer(here, "lost", "nowhere", peer -> {});
    cluster.awaitReason(here, "lost", "Accepted", "NetworkNotFound");
    cluster.network("nowhere", "10.54.0.0/24", spec -> spec.gateways = null);
    cluster.awaitReason(here, "lost", "ConfigPublished", "NoGateway");
  }

  private static PeerSpec.Route route(String cidr) {
    var route = new PeerSpec.Route();
    route.cidr = cidr;
    return route;
  }
}
