package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import java.security.SecureRandom;
import java.time.Duration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Secrets that are deleted or changed while the operator, which may not watch them, runs.
 *
 * <p>Takes 20 s: Secrets are polled, not watched.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
final class LostSecretTest extends RunningOperator {
  private static final String HERE = "lost-secret";

  LostSecretTest(ControlPlane controlPlane) throws Exception {
    // No object is reconciled again without a cause.
    super(controlPlane, HERE, Duration.ofHours(10));
  }

  @BeforeAll
  void makeNetwork() {
    cluster.node("secret-a", "secret", "192.0.2.101");
    cluster.network("secret", "10.58.0.0/24", spec -> {});
  }

  @Test
  void deletedSecretIsRestoredWithAnotherKeyAndAnEvent() {
    cluster.peer(HERE, "laptop", "secret", peer -> {});
    cluster.awaitPublished(HERE, "laptop");
    var before = cluster.secret(HERE, "laptop-wiremesh").orElseThrow();
    var address = cluster.peer(HERE, "laptop").getStatus().addresses;

    cluster.admin().resource(before).delete();

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.secret(HERE, "laptop-wiremesh"))
                .get()
                .extracting(Secret::getData)
                .satisfies(data ->
                    assertThat(data)
                        .containsKey("wg-quick.conf")
                        .doesNotContainEntry("privateKey", before.getData().get("privateKey"))));
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var key = PrivateKey.parse(cluster.text(HERE, "laptop-wiremesh", "privateKey"));
          assertThat(cluster.peer(HERE, "laptop").getStatus().publicKey)
              .isEqualTo(key.publicKey().toString());
        });
    assertThat(cluster.peer(HERE, "laptop").getStatus().addresses).isEqualTo(address);
    awaitEvent("laptop", "KeyReplaced");
    assertThat(cluster.admin().v1().events().inNamespace(HERE).list().getItems())
        .filteredOn(event -> event.getReason().equals("KeyReplaced"))
        .singleElement()
        .satisfies(event -> assertThat(event.getMessage()).contains("fetch the new one"));
  }

  @Test
  void changedConfigurationIsRestored() {
    cluster.peer(HERE, "phone", "secret", peer -> {});
    cluster.awaitPublished(HERE, "phone");
    var before = cluster.secret(HERE, "phone-wiremesh").orElseThrow();

    cluster
        .admin()
        .resource(before)
        .edit(secret -> new SecretBuilder(secret).addToData("wg-quick.conf", "bm9uZQ==").build());

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.secret(HERE, "phone-wiremesh"))
                .get()
                .extracting(Secret::getData)
                .isEqualTo(before.getData()));
  }

  @Test
  void anotherKeyInTheUsersOwnSecretIsUsed() {
    key("own-key", PrivateKey.generate(new SecureRandom()));
    cluster.peer(
        HERE,
        "own",
        "secret",
        peer -> {
          peer.getSpec().keySecretRef = new PeerSpec.KeySecretReference();
          peer.getSpec().keySecretRef.name = "own-key";
        });
    cluster.awaitPublished(HERE, "own");

    var another = PrivateKey.generate(new SecureRandom());
    key("own-key", another);

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() ->
            assertThat(cluster.peer(HERE, "own").getStatus().publicKey)
                .isEqualTo(another.publicKey().toString()));
  }

  private void key(String name, PrivateKey key) {
    cluster
        .admin()
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withNamespace(HERE)
                .withName(name)
                .endMetadata()
                .addToStringData("privateKey", key.toBase64())
                .build())
        .serverSideApply();
  }
}
