package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.keys.OrphanedSecrets;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RequiresKubernetes
final class OrphanedSecretsTest {
  private static final String NAME = SecretNames.gateway("orphan");

  private final OperatorTestCluster cluster;
  private final KubernetesClient client;
  private final ClusterCache state;

  OrphanedSecretsTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
    client = cluster.operatorClient();
    state = new ClusterCache(client, OperatorTestCluster.NAMESPACE, Clock.systemUTC());
    state.start(Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    cluster.admin().secrets().inNamespace(OperatorTestCluster.NAMESPACE).withName(NAME).delete();
    state.close();
    client.close();
    cluster.close();
  }

  @Test
  void identityOutlivesItsNetworkByADay() {
    var secrets =
        new OperatorSecrets(client, state, OperatorTestCluster.NAMESPACE, new SecureRandom());
    secrets.gateway("orphan");
    var now = Clock.systemUTC();
    awaitWatched(true, false);

    new OrphanedSecrets(client, state, now).sweep();
    awaitWatched(true, true);

    cluster.network("orphan", "10.41.0.0/24", spec -> {});
    new OrphanedSecrets(client, state, now).sweep();
    awaitWatched(true, false);

    cluster.admin().resource(cluster.network("orphan")).delete();
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .until(() -> state.networks().get("orphan").isEmpty());
    new OrphanedSecrets(client, state, now).sweep();
    awaitWatched(true, true);
    new OrphanedSecrets(client, state, Clock.offset(now, Duration.ofHours(25))).sweep();
    awaitWatched(false, false);
  }

  /** Waits until the cache has the Secret, with or without the mark. */
  private void awaitWatched(boolean there, boolean marked) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          var secret = state.secrets().get(OperatorTestCluster.NAMESPACE, NAME);
          assertThat(secret.isPresent()).isEqualTo(there);
          secret.ifPresent(it -> {
            var annotations = it.getMetadata().getAnnotations();
            assertThat(annotations != null && annotations.containsKey(Annotations.RELEASED_AT))
                .isEqualTo(marked);
          });
        });
  }
}
