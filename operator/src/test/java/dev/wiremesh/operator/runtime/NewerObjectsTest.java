package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Objects as a newer version writes them, which an operator meets after a rollback and in the
 * minutes of an upgrade: with fields and enum values that it does not know.
 */
@RequiresKubernetes
final class NewerObjectsTest {
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final String HERE = "newer-objects";

  private final ControlPlane controlPlane;

  NewerObjectsTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
  }

  @Test
  void newerObjectsCostNobodyElseAnything() throws Exception {
    try (var cluster = new OperatorTestCluster(controlPlane)) {
      cluster.namespace(HERE);
      newerCrd(cluster, "peers.yaml", "- Network\n", "- Network\n                - PostQuantum\n");
      newerCrd(
          cluster,
          "wireguardnetworks.yaml",
          "- ServiceCIDRs\n",
          "- ServiceCIDRs\n                      - Moon\n");
      cluster.node("newer-a", "newer", "192.0.2.1");
      cluster.network("newer", "10.61.0.0/24", spec -> {});
      peer(cluster, "listed-enum", "presharedKey: PostQuantum");
      peer(cluster, "listed-field", "rateLimit: {up: 10M}");
      cluster.peer(
          HERE, "many-digits", "newer", peer -> peer.getSpec().persistentKeepalive = "0000000025s");
      create(
          cluster,
          """
          {apiVersion: wiremesh.dev/v1alpha1, kind: WireGuardNetwork, metadata: {name: newer-net},
           spec: {addressPools: [{name: a, cidr: 10.62.0.0/24}], nodes: {advertise: [Moon]}}}\
          """);
      try (var client = cluster.operatorClient();
          var operator = start(client)) {
        cluster.awaitPublished(HERE, "many-digits");
        assertThat(cluster.configuration(HERE, "many-digits"))
            .contains("PersistentKeepalive = 25\n");
        cluster.awaitReason(HERE, "listed-enum", "Accepted", "InvalidSpec");
        assertThat(message(cluster.condition(HERE, "listed-enum", "Accepted")))
            .contains("cannot read spec.presharedKey: PostQuantum");
        cluster.awaitPublished(HERE, "listed-field");
        assertThat(message(cluster.condition(HERE, "listed-field", "Accepted")))
            .contains("does not know spec.rateLimit; it has no effect");

        peer(cluster, "watched-enum", "presharedKey: PostQuantum");
        peer(cluster, "watched-field", "{suspended: false, expiresIn: 3}");
        cluster.peer(HERE, "good", "newer", peer -> {});
        cluster.awaitPublished(HERE, "good");
        cluster.awaitReason(HERE, "watched-enum", "Accepted", "InvalidSpec");
        cluster.awaitPublished(HERE, "watched-field");

        await()
            .atMost(OperatorTestCluster.PATIENCE)
            .untilAsserted(() ->
                assertThat(cluster.network("newer-net").getStatus().conditions)
                    .anySatisfy(condition -> {
                      assertThat(condition.getReason()).isEqualTo("InvalidSpec");
                      assertThat(condition.getMessage()).contains("spec.nodes.advertise[0]: Moon");
                    }));
        await()
            .atMost(OperatorTestCluster.PATIENCE)
            .untilAsserted(() -> {
              assertThat(OperatorHttp.metrics(operator))
                  .contains("wiremesh_unreadable_objects{kind=\"Peer\"} 2.0")
                  .contains("wiremesh_unreadable_objects{kind=\"WireGuardNetwork\"} 1.0");
              assertThat(OperatorHttp.get(operator, "/readyz")).isNotEmpty();
            });
      } finally {
        cluster
            .admin()
            .resource(
                parse(
                    "{apiVersion: wiremesh.dev/v1alpha1,"
                        + " kind: WireGuardNetwork, metadata: {name: newer-net}}"))
            .delete();
        for (var name :
            new String[] {"listed-enum", "listed-field", "watched-enum", "watched-field"}) {
          cluster.deletePeer(HERE, name);
        }
        newerCrd(cluster, "peers.yaml", "", "");
        newerCrd(cluster, "wireguardnetworks.yaml", "", "");
      }
    }
  }

  private static OperatorRuntime start(io.fabric8.kubernetes.client.KubernetesClient client)
      throws Exception {
    return OperatorRuntime.start(
        client,
        new OperatorConfig(
            OperatorTestCluster.NAMESPACE,
            new InetSocketAddress("127.0.0.1", 0),
            false,
            "newer",
            Duration.ofSeconds(60)),
        Duration.ofSeconds(2),
        Clock.systemUTC(),
        () -> {});
  }

  /** The CRD with one more enum value, which keeps any field; as shipped if nothing is added. */
  private static void newerCrd(
      OperatorTestCluster cluster, String file, String after, String replacement) throws Exception {
    var shipped = Files.readString(CRDS.resolve(file));
    var newer =
        after.isEmpty()
            ? shipped
            : shipped
                .replace(after, replacement)
                .replace(
                    "          spec:\n",
                    "          spec:\n            x-kubernetes-preserve-unknown-fields: true\n");
    assertThat(newer.equals(shipped)).isEqualTo(after.isEmpty());
    cluster.admin().resource(parse(newer)).forceConflicts().serverSideApply();
  }

  private static GenericKubernetesResource parse(String yaml) {
    return Serialization.unmarshal("---\n" + yaml, GenericKubernetesResource.class);
  }

  private static void peer(OperatorTestCluster cluster, String name, String more) {
    create(
        cluster,
        """
        {apiVersion: wiremesh.dev/v1alpha1, kind: Peer, metadata: {name: %s, namespace: %s},
         spec: {networkRef: {name: newer}, %s}}\
        """
            .formatted(name, HERE, more.replaceAll("^\\{|}$", more.startsWith("{") ? "" : "$0")));
  }

  /** The API server serves a new schema a moment after it took it. */
  private static void create(OperatorTestCluster cluster, String yaml) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> cluster.admin().resource(parse(yaml)).create());
  }

  private static String message(Optional<Condition> condition) {
    return condition.map(Condition::getMessage).orElse("");
  }
}
