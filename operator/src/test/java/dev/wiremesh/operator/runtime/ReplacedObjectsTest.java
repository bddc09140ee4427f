package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.FaultProxy;
import dev.wiremesh.testkit.kubernetes.FaultProxy.Fault;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Objects that are replaced under their names while the operator has no watch. The API server that
 * it finds then knows no older versions, so that the caches list anew and see an update: another
 * uid, the same generation.
 *
 * <p>Takes 20 s: the API server is restarted.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class ReplacedObjectsTest {
  private static final String HERE = "replaced";

  private final ControlPlane controlPlane;
  private final OperatorTestCluster cluster;
  private final FaultProxy proxy;

  ReplacedObjectsTest(ControlPlane controlPlane) throws Exception {
    this.controlPlane = controlPlane;
    cluster = new OperatorTestCluster(controlPlane);
    proxy = FaultProxy.before(controlPlane);
    cluster.start("test", cluster.operatorClient(proxy));
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
    proxy.close();
  }

  @Test
  void replacedObjectsAreReconciled() throws Exception {
    cluster.namespace(HERE);
    cluster.node("replaced-a", "replaced", "192.0.2.151");
    cluster.network("replaced", "10.45.0.0/24", spec -> {});
    cluster.peer(HERE, "laptop", "replaced", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    cluster.network("alone", "10.44.0.0/24", spec -> {});
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> cluster.network("alone").getStatus().effective != null);

    proxy.set(Fault.ABSENT);
    cluster.deletePeer(HERE, "laptop");
    var peer = cluster.peer(HERE, "laptop", "replaced", it -> {});
    cluster.admin().resource(cluster.network("alone")).delete();
    cluster.network("alone", "10.44.0.0/24", spec -> {});
    replaceMeshNode();
    controlPlane.killApiServer();
    controlPlane.startApiServer();
    proxy.set(Fault.NONE);

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(cluster.network("alone").getStatus().effective).isNotNull();
          assertThat(cluster.network("alone").getStatus().conditions).isNotEmpty();
          var node = cluster.meshNodes("replaced").getFirst();
          assertThat(node.getSpec().addresses).isNotEmpty();
          assertThat(node.getStatus().conditions).isNotEmpty();
          assertThat(cluster.condition(HERE, "laptop", "ConfigPublished"))
              .get()
              .satisfies(it -> assertThat(it.getReason()).isEqualTo("Published"));
          assertThat(cluster.allocations("replaced"))
              .extracting(it -> it.getSpec().owner.uid)
              .containsExactlyInAnyOrder(peer.getMetadata().getUid(), node.getMetadata().getUid());
        });
  }

  private void replaceMeshNode() {
    var before = cluster.meshNodes("replaced").getFirst();
    cluster.admin().resource(before).delete();
    var next = new MeshNode();
    next.setMetadata(
        new ObjectMetaBuilder()
            .withName(before.getMetadata().getName())
            .withOwnerReferences(before.getMetadata().getOwnerReferences())
            .build());
    next.getSpec().networkRef = before.getSpec().networkRef;
    next.getSpec().nodeName = before.getSpec().nodeName;
    next.setStatus(null);
    cluster.admin().resource(next).create();
  }
}
