package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Limits and grants of a network by a running operator: resting addresses, the share of nodes,
 * numbers of Peers, reserved addresses, and IPAllocations that were deleted by hand.
 */
@RequiresKubernetes
final class LimitsOfOperatorTest extends RunningOperator {
  LimitsOfOperatorTest(ControlPlane controlPlane) throws Exception {
    super(controlPlane, "limits-test", Duration.ofMinutes(10));
  }

  @Test
  void loopOfCreateAndDeleteUnderNewNamesLeavesAddressesToNodesAndOtherNamespaces() {
    cluster.namespace("limits-other");
    cluster.network("loop", "10.40.0.0/28", spec -> {});
    for (int round = 0; round < 16; round++) {
      var name = "loop-" + round;
      cluster.peer(here, name, "loop", peer -> {});
      cluster.awaitReason(here, name, "AddressAllocated", "Allocated");
      cluster.deletePeer(here, name);
      awaitReleased("loop");
    }

    cluster.peer("limits-other", "laptop", "loop", peer -> {});
    cluster.awaitReason("limits-other", "laptop", "AddressAllocated", "Allocated");
    cluster.node("loop-a", "loop", "192.0.2.101");
    awaitAddressOfNodes("loop");
  }

  @Test
  void addressThatIsBoundAfterItsOwnerWentIsReleasedAgain() {
    cluster.network("late", "10.46.0.0/28", spec -> {});
    cluster.peer(here, "late", "late", peer -> {});
    cluster.awaitReason(here, "late", "AddressAllocated", "Allocated");
    cluster.deletePeer(here, "late");
    awaitReleased("late");

    // As a reconciliation does that began before the deletion.
    cluster
        .admin()
        .resource(cluster.allocations("late").getFirst())
        .subresource("status")
        .patch(PatchContext.of(PatchType.JSON_MERGE), "{\"status\":{\"releasedAt\":null}}");
    awaitReleased("late");
  }

  private void awaitReleased(String network) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.allocations(network))
                .isNotEmpty()
                .noneMatch(it -> it.getStatus().releasedAt == null));
  }

  private void awaitAddressOfNodes(String network) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes(network))
                .isNotEmpty()
                .allMatch(node -> !node.getSpec().addresses.isEmpty()));
  }

  @Test
  void fullNetworkKeepsAnAddressForANode() {
    cluster.network("tiny", "10.41.0.0/30", spec -> {});
    cluster.peer(here, "tiny-a", "tiny", peer -> {});
    cluster.awaitReason(here, "tiny-a", "AddressAllocated", "Allocated");
    cluster.peer(here, "tiny-b", "tiny", peer -> {});
    cluster.awaitReason(here, "tiny-b", "AddressAllocated", "PoolExhausted");
    assertThat(cluster.message(here, "tiny-b", "AddressAllocated"))
        .contains("for peers (1 kept for nodes, spec.limits.nodeAddressShare)");

    cluster.node("tiny-a", "tiny", "192.0.2.102");
    awaitAddressOfNodes("tiny");
  }

  @Test
  void peersBeyondTheLimitOfANamespaceAreNotAcceptedUntilOneIsDeleted() {
    cluster.namespace("limits-quota");
    cluster.node("quota-a", "quota", "192.0.2.103");
    cluster.network(
        "quota",
        "10.42.0.0/24",
        spec -> {
          spec.limits = new WireGuardNetworkSpec.Limits();
          spec.limits.maxPeersPerNamespace = 1;
          spec.limits.maxPeers = 2;
        });
    cluster.peer(here, "quota-first", "quota", peer -> {});
    cluster.awaitPublished(here, "quota-first");
    cluster.peer(here, "quota-second", "quota", peer -> {});
    cluster.awaitReason(here, "quota-second", "Accepted", "QuotaExceeded");
    assertThat(cluster.message(here, "quota-second", "Accepted"))
        .isEqualTo(
            "Namespace limits-test has 1 peers in network quota, which allows 1 (its"
                + " spec.limits.maxPeersPerNamespace): delete one of them, or raise the limit.");
    assertThat(cluster.peer(here, "quota-second").getStatus().addresses).isEmpty();
    assertThat(cluster.secret(here, "quota-second-wiremesh")).isEmpty();

    cluster.peer("limits-quota", "quota-third", "quota", peer -> {});
    cluster.awaitPublished("limits-quota", "quota-third");
    cluster.namespace("limits-fourth");
    // Times of creation have whole seconds: the fourth must be younger than the second.
    var created =
        Instant.parse(cluster.peer(here, "quota-second").getMetadata().getCreationTimestamp());
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> Instant.now().isAfter(created.plusSeconds(1)));
    cluster.peer("limits-fourth", "quota-fourth", "quota", peer -> {});
    cluster.awaitReason("limits-fourth", "quota-fourth", "Ready", "QuotaExceeded");
    assertThat(cluster.message("limits-fourth", "quota-fourth", "Accepted"))
        .contains("Network quota has 2 peers and allows 2 (its spec.limits.maxPeers)");

    cluster.deletePeer(here, "quota-first");
    cluster.awaitPublished(here, "quota-second");
    cluster.editNetwork("quota", spec -> spec.limits = null);
    cluster.awaitPublished("limits-fourth", "quota-fourth");
  }

  @Test
  void loweredLimitTakesNothingAway() {
    cluster.node("lowered-a", "lowered", "192.0.2.104");
    cluster.network("lowered", "10.43.0.0/24", spec -> {});
    for (var name : List.of("lowered-1", "lowered-2")) {
      cluster.peer(here, name, "lowered", peer -> {});
      cluster.awaitPublished(here, name);
    }
    cluster.editNetwork(
        "lowered",
        spec -> {
          spec.limits = new WireGuardNetworkSpec.Limits();
          spec.limits.maxPeers = 1;
        });
    cluster.peer(here, "lowered-3", "lowered", peer -> {});
    cluster.awaitReason(here, "lowered-3", "Accepted", "QuotaExceeded");

    for (var name : List.of("lowered-1", "lowered-2")) {
      assertThat(cluster.condition(here, name, "Accepted").orElseThrow().getStatus())
          .isEqualTo("True");
    }
  }

  @Test
  void reservedAddressIsGivenWhereTheNetworkGrantsIt() {
    cluster.node("reserved-a", "reserved", "192.0.2.105");
    cluster.network(
        "reserved",
        "10.44.0.0/24",
        spec -> spec.addressPools.getFirst().reserved = List.of("10.44.0.0/28"));
    cluster.peer(here, "hub", "reserved", peer -> peer.getSpec().addresses = List.of("10.44.0.1"));
    cluster.awaitReason(here, "hub", "AddressAllocated", "AddressOutOfRange");
    assertThat(cluster.message(here, "hub", "AddressAllocated"))
        .contains(
            "namespace limits-test has no grant for it: ask for another, or add {namespaces:"
                + " {matchLabels: {kubernetes.io/metadata.name: limits-test}}, addresses:"
                + " [10.44.0.1/32]} to spec.reservedGrants of the network.");

    grant("reserved", "kubernetes.io/metadata.name", here, "10.44.0.1/32");
    cluster.awaitPublished(here, "hub");
    assertThat(cluster.peer(here, "hub").getStatus().addresses).containsExactly("10.44.0.1");

    cluster.editNetwork("reserved", spec -> spec.reservedGrants = List.of());
    cluster.peer(
        here, "hub-2", "reserved", peer -> peer.getSpec().addresses = List.of("10.44.0.2"));
    cluster.awaitReason(here, "hub-2", "AddressAllocated", "AddressOutOfRange");
    assertThat(cluster.peer(here, "hub").getStatus().addresses)
        .as("an address in use is never taken away")
        .containsExactly("10.44.0.1");

    cluster.namespace("limits-labelled");
    cluster.peer(
        "limits-labelled",
        "hub",
        "reserved",
        peer -> peer.getSpec().addresses = List.of("10.44.0.3"));
    cluster.awaitReason("limits-labelled", "hub", "AddressAllocated", "AddressOutOfRange");
    grant("reserved", "hubs", "yes", "10.44.0.0/28");
    cluster
        .admin()
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName("limits-labelled")
                .addToLabels(Map.of("hubs", "yes"))
                .endMetadata()
                .build())
        .serverSideApply();
    cluster.awaitPublished("limits-labelled", "hub");
  }

  private void grant(String network, String label, String value, String block) {
    var grant = new WireGuardNetworkSpec.ReservedGrant();
    grant.namespaces = new LabelSelectorBuilder().addToMatchLabels(label, value).build();
    grant.addresses = List.of(block);
    cluster.editNetwork(network, spec -> spec.reservedGrants = List.of(grant));
  }

  @Test
  void deletedIpAllocationIsMadeAgainForItsOwnerAndNoNewcomerGetsTheAddress() {
    cluster.node("lost-a", "lost", "192.0.2.106");
    cluster.network("lost", "10.45.0.0/24", spec -> {});
    cluster.peer(here, "lost", "lost", peer -> {});
    cluster.awaitPublished(here, "lost");
    awaitAddressOfNodes("lost");
    var address = cluster.peer(here, "lost").getStatus().addresses.getFirst();
    var ofNode = cluster.meshNodes("lost").getFirst().getSpec().addresses.getFirst();

    for (var each : List.of(address, ofNode)) {
      cluster.admin().resources(IPAllocation.class).withName("lost." + each).delete();
    }
    for (int i = 0; i < 4; i++) {
      cluster.peer(here, "lost-new-" + i, "lost", peer -> {});
    }
    for (int i = 0; i < 4; i++) {
      cluster.awaitPublished(here, "lost-new-" + i);
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(owner("lost." + address)).isEqualTo("lost");
          assertThat(owner("lost." + ofNode)).isEqualTo("lost.lost-a");
        });
    assertThat(cluster.peer(here, "lost").getStatus().addresses).containsExactly(address);
    assertNoAddressTwice("lost");
  }

  @Test
  void ipAllocationThatIsReleasedByHandIsBoundAgain() {
    cluster.node("unbound-a", "unbound", "192.0.2.107");
    cluster.network("unbound", "10.46.16.0/24", spec -> spec.addressReuseAfter = "0s");
    cluster.peer(here, "unbound", "unbound", peer -> {});
    cluster.awaitPublished(here, "unbound");
    var address = cluster.peer(here, "unbound").getStatus().addresses.getFirst();
    var allocations = cluster.admin().resources(IPAllocation.class);

    allocations
        .withName("unbound." + address)
        .subresource("status")
        .patch(
            PatchContext.of(PatchType.JSON_MERGE),
            "{\"status\":{\"releasedAt\":\"2026-01-01T00:00:00Z\"}}");
    cluster.peer(here, "unbound-new", "unbound", peer -> {});
    cluster.awaitPublished(here, "unbound-new");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(allocations.withName("unbound." + address).get().getStatus().releasedAt)
                .isNull());
    assertThat(owner("unbound." + address)).isEqualTo("unbound");
    assertThat(cluster.peer(here, "unbound").getStatus().addresses).containsExactly(address);
  }

  private String owner(String allocation) {
    var object = cluster.admin().resources(IPAllocation.class).withName(allocation).get();
    return object == null ? "" : object.getSpec().owner.name;
  }

  private void assertNoAddressTwice(String network) {
    var all =
        Stream.concat(
                cluster.admin().resources(Peer.class).inNamespace(here).list().getItems().stream()
                    .filter(peer -> peer.getSpec().networkRef.name.equals(network))
                    .flatMap(peer -> peer.getStatus().addresses.stream()),
                cluster.meshNodes(network).stream()
                    .map(MeshNode::getSpec)
                    .flatMap(spec -> spec.addresses.stream()))
            .toList();
    assertThat(new HashSet<>(all)).hasSameSizeAs(all);
  }
}
