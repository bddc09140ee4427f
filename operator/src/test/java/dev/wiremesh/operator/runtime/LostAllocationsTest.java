package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Operators that start, alone or two at a time, after IPAllocations and claims were deleted while
 * none ran.
 */
@RequiresKubernetes
final class LostAllocationsTest {
  private static final String HERE = "lost-allocations-test";

  private final OperatorTestCluster cluster;

  LostAllocationsTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
  }

  @AfterEach
  void stop() {
    cluster.close();
    assertThat(cluster.forbidden()).isEmpty();
  }

  private OperatorRuntime start(String name) throws Exception {
    return cluster.start(name, cluster.operatorClient());
  }

  @Test
  void addressesInStatusAreTakenAgainBeforeNewcomersAreServed() throws Exception {
    cluster.namespace(HERE);
    cluster.node("absent-a", "absent", "192.0.2.111");
    cluster.network("absent", "10.47.0.0/24", spec -> {});
    var first = start("first");
    var before = new TreeMap<String, List<String>>();
    for (int i = 0; i < 4; i++) {
      var name = "m-" + i;
      cluster.peer(HERE, name, "absent", peer -> {});
      cluster.awaitPublished(HERE, name);
      before.put(name, cluster.peer(HERE, name).getStatus().addresses);
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.meshNodes("absent"))
                .singleElement()
                .satisfies(node -> assertThat(node.getSpec().addresses).hasSize(1)));
    var ofNode = cluster.meshNodes("absent").getFirst().getSpec().addresses;
    first.close();

    cluster.allocations("absent").forEach(it -> cluster.admin().resource(it).delete());
    for (int i = 0; i < 8; i++) {
      cluster.peer(HERE, (i % 2 == 0 ? "a-" : "z-") + i, "absent", peer -> {});
    }
    start("second");

    for (int i = 0; i < 8; i++) {
      cluster.awaitPublished(HERE, (i % 2 == 0 ? "a-" : "z-") + i);
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.allocations("absent")).hasSize(13));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          before.forEach((name, addresses) -> {
            assertThat(cluster.peer(HERE, name).getStatus().addresses).isEqualTo(addresses);
            assertThat(owner("absent." + addresses.getFirst())).isEqualTo(name);
          });
          assertThat(cluster.meshNodes("absent").getFirst().getSpec().addresses).isEqualTo(ofNode);
          assertThat(owner("absent." + ofNode.getFirst())).isEqualTo("absent.absent-a");
        });
  }

  private String owner(String allocation) {
    return cluster
        .admin()
        .resources(IPAllocation.class)
        .withName(allocation)
        .get()
        .getSpec()
        .owner
        .name;
  }

  @Test
  void twoOperatorsThatLeadAtTheSameTimeGiveNoDeviceParameterAndNoAddressTwice() throws Exception {
    cluster.namespace("lost-allocations-both");
    start("one");
    start("other");
    for (int i = 0; i < 6; i++) {
      cluster.network("both-" + i, "10.48." + i + ".0/24", spec -> {});
    }
    for (int i = 0; i < 6; i++) {
      cluster.peer("lost-allocations-both", "both-" + i, "both-0", peer -> {});
    }
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          for (int i = 0; i < 6; i++) {
            assertThat(cluster.network("both-" + i).getStatus().effective).isNotNull();
          }
          assertThat(cluster.allocations("both-0")).hasSize(6);
        });

    var ports = new HashSet<Object>();
    var tables = new HashSet<Object>();
    var priorities = new HashSet<Object>();
    for (int i = 0; i < 6; i++) {
      var network = "both-" + i;
      var effective = effective(network);
      assertThat(ports.add(effective.listenPort)).as("port of %s", network).isTrue();
      assertThat(tables.add(effective.routingTable)).as("table of %s", network).isTrue();
      assertThat(priorities.add(effective.rulePriority)).as("priority of %s", network).isTrue();
      assertThat(holder("wiremesh-port-" + effective.listenPort)).isEqualTo(network);
      assertThat(holder("wiremesh-table-" + effective.routingTable)).isEqualTo(network);
      assertThat(holder("wiremesh-rule-" + effective.rulePriority)).isEqualTo(network);
      assertThat(holder("wiremesh-interface-" + effective.interfaceName)).isEqualTo(network);
    }
    assertThat(cluster.allocations("both-0").stream().map(it -> it.getSpec().owner.name).distinct())
        .hasSize(6);
  }

  @Test
  void networksWithoutClaimsKeepTheirParametersAndGetClaims() throws Exception {
    var first = start("first");
    cluster.network("claimless", "10.49.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> cluster.network("claimless").getStatus().effective != null);
    var before = effective("claimless");
    first.close();
    claims().forEach(claim -> cluster.admin().resource(claim).delete());
    cluster.network("claimless-new", "10.49.1.0/24", spec -> {});

    start("second");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(holder("wiremesh-port-" + before.listenPort)).isEqualTo("claimless");
          assertThat(cluster.network("claimless-new").getStatus().effective).isNotNull();
        });
    assertThat(effective("claimless").listenPort).isEqualTo(before.listenPort);
    assertThat(effective("claimless-new").listenPort).isNotEqualTo(before.listenPort);
  }

  private WireGuardNetworkStatus.Effective effective(String network) {
    return Objects.requireNonNull(cluster.network(network).getStatus().effective);
  }

  private List<Lease> claims() {
    return cluster
        .admin()
        .leases()
        .inNamespace(OperatorTestCluster.NAMESPACE)
        .withLabel("wiremesh.dev/claim")
        .list()
        .getItems();
  }

  private String holder(String claim) {
    var lease =
        cluster.admin().leases().inNamespace(OperatorTestCluster.NAMESPACE).withName(claim).get();
    return lease == null ? "" : lease.getSpec().getHolderIdentity();
  }
}
