package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * Secrets whose owner was deleted, in a cluster whose garbage collector does not come: it has
 * missed the deletion, as it does when an object is created again under its name while its watch is
 * interrupted.
 *
 * <p>Takes half a minute: it starts a control plane, and the operator gives the garbage collector 5
 * s.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class LeftSecretsTest {
  private static final String HERE = "left";
  private static final String SECRET = "laptop-wiremesh";

  private final OperatorTestCluster cluster;
  private final HeldRequests requests = new HeldRequests();

  LeftSecretsTest(ControlPlane controlPlane) throws Exception {
    controlPlane.killControllerManager();
    cluster = new OperatorTestCluster(controlPlane);
    // Not to be removed: without its controller a namespace that is deleted never goes.
    cluster
        .admin()
        .resource(new NamespaceBuilder().withNewMetadata().withName(HERE).endMetadata().build())
        .serverSideApply();
    cluster.node("left-a", "left", "192.0.2.161");
    cluster.network("left", "10.43.0.0/24", spec -> {});
  }

  private OperatorRuntime start() throws Exception {
    return cluster.start("test", cluster.operatorClient(requests));
  }

  @AfterEach
  void stop() {
    cluster.secret(HERE, SECRET).ifPresent(it -> cluster.admin().resource(it).delete());
    cluster.close();
    assertThat(cluster.forbidden()).isEmpty();
  }

  private void awaitNoSecret(String name) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.secret(HERE, name)).isEmpty());
  }

  @Test
  void peerThatIsCreatedAgainGetsASecretAndAKeyOfItsOwn() throws Exception {
    start();
    cluster.peer(HERE, "laptop", "left", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    var former = cluster.text(HERE, SECRET, "privateKey");

    cluster.deletePeer(HERE, "laptop");
    var successor = cluster.peer(HERE, "laptop", "left", peer -> {});

    cluster.awaitPublished(HERE, "laptop");
    assertThat(ownersOf(secret())).containsExactly(successor.getMetadata().getUid());
    assertThat(cluster.text(HERE, SECRET, "privateKey")).isNotEqualTo(former);
  }

  @Test
  void secretOfADeletedPeerIsDeleted() throws Exception {
    start();
    cluster.peer(HERE, "laptop", "left", peer -> {});
    cluster.awaitPublished(HERE, "laptop");

    cluster.deletePeer(HERE, "laptop");

    awaitNoSecret(SECRET);
  }

  @Test
  void secretOfADeletedPeerWithoutAnAddressIsDeleted() throws Exception {
    start();
    cluster.peer(HERE, "laptop", "left", peer -> peer.getSpec().addresses = List.of("10.99.0.1"));
    cluster.awaitReason(HERE, "laptop", "KeyReady", "Generated");
    assertThat(cluster.peer(HERE, "laptop").getStatus().addresses).isEmpty();

    cluster.deletePeer(HERE, "laptop");

    awaitNoSecret(SECRET);
  }

  @Test
  void secretOfAPeerThatWasDeletedBeforeTheOperatorStartedIsDeleted() throws Exception {
    var operator = start();
    cluster.peer(HERE, "laptop", "left", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    operator.close();

    cluster.deletePeer(HERE, "laptop");
    start();

    awaitNoSecret(SECRET);
  }

  @Test
  void restoredSecretWithoutItsPeerStays() throws Exception {
    var operator = start();
    for (var name : List.of("laptop", "phone")) {
      cluster.peer(HERE, name, "left", peer -> {});
      cluster.awaitPublished(HERE, name);
    }
    operator.close();

    cluster.deletePeer(HERE, "laptop");
    cluster.deletePeer(HERE, "phone");
    var copy = restore(secret());
    long before = requests.count("GET /secrets/" + SECRET);
    start();

    awaitNoSecret("phone-wiremesh");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> requests.count("GET /secrets/" + SECRET) > before);
    cluster.peer(HERE, "laptop", "left", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    assertThat(secret().getMetadata().getUid()).isEqualTo(copy.getMetadata().getUid());
    assertThat(secret().getData().get("privateKey")).isEqualTo(copy.getData().get("privateKey"));
  }

  /** Replaces a Secret by a copy from a backup, as docs/backup.md says. */
  private Secret restore(Secret saved) {
    cluster.admin().resource(saved).delete();
    assertThat(saved.getMetadata().getAnnotations()).containsKey(Annotations.SECRET_UID);
    return cluster
        .admin()
        .resource(
            new SecretBuilder(saved)
                .editMetadata()
                .withUid(null)
                .withResourceVersion(null)
                .withCreationTimestamp(null)
                .withManagedFields()
                .withOwnerReferences()
                .endMetadata()
                .build())
        .create();
  }

  @Test
  void nodesSecretOfADeletedMeshNodeIsReplaced() throws Exception {
    start();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() ->
            !cluster.meshNodes("left").isEmpty()
                && cluster.meshNodes("left").getFirst().getSpec().keySecret != null);
    var former = cluster.meshNodes("left").getFirst();
    assertThat(ownersOf(secretOf(former))).containsExactly(former.getMetadata().getUid());

    cluster.admin().resource(former).delete();

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var node = cluster.meshNodes("left").getFirst();
          assertThat(node.getMetadata().getUid()).isNotEqualTo(former.getMetadata().getUid());
          assertThat(ownersOf(secretOf(node))).containsExactly(node.getMetadata().getUid());
        });
  }

  private Secret secret() {
    return cluster.secret(HERE, SECRET).orElseThrow();
  }

  private Secret secretOf(HasMetadata meshNode) {
    return cluster
        .secret(OperatorTestCluster.NAMESPACE, SecretNames.node(meshNode.getMetadata().getName()))
        .orElseThrow();
  }

  private static List<String> ownersOf(Secret secret) {
    return secret.getMetadata().getOwnerReferences().stream().map(OwnerReference::getUid).toList();
  }
}
