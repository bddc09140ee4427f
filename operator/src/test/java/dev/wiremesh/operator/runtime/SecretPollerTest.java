package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.peer.SecretPoller;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ServiceAccountBuilder;
import io.fabric8.kubernetes.api.model.rbac.RoleBindingBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@RequiresKubernetes
final class SecretPollerTest {
  private static final String CLOSED = "poller-a-closed";
  private static final String OPEN = "poller-b-open";

  private final OperatorTestCluster cluster;
  private final ControlPlane controlPlane;
  private final ClusterCache state;

  SecretPollerTest(ControlPlane controlPlane) throws Exception {
    this.controlPlane = controlPlane;
    cluster = new OperatorTestCluster(controlPlane);
    state = new ClusterCache(cluster.admin(), OperatorTestCluster.NAMESPACE, Clock.systemUTC());
    state.start(Duration.ofMinutes(1));
  }

  @AfterEach
  void stop() {
    cluster.deletePeer(CLOSED, "laptop");
    cluster.deletePeer(OPEN, "laptop");
    state.close();
    cluster.close();
  }

  @Test
  void unreadableSecretDoesNotBlockTheOthers() {
    for (var namespace : new String[] {CLOSED, OPEN}) {
      cluster.namespace(namespace);
      cluster.peer(
          namespace,
          "laptop",
          "poller",
          peer -> {
            peer.getSpec().keySecretRef = new PeerSpec.KeySecretReference();
            peer.getSpec().keySecretRef.name = "own-key";
          });
    }
    await().atMost(OperatorTestCluster.PATIENCE).until(() -> state.peers().all().size() >= 2);
    var requeued = new ArrayList<String>();
    var requeues = new RequeueSource<Peer>("peers", Clock.systemUTC());
    requeues.setEventHandler(
        event -> requeued.add(event.getRelatedCustomResourceID().getNamespace().orElse("")));
    requeues.start();
    try (var client = readerOf(OPEN)) {
      var poller = new SecretPoller(client, state, requeues, 1);
      for (int i = 0; i < 2; i++) {
        poller.poll();
      }
    }
    assertThat(requeued).containsExactly(OPEN);
  }

  private KubernetesClient readerOf(String namespace) {
    cluster
        .admin()
        .resource(
            new ServiceAccountBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("reader")
                .endMetadata()
                .build())
        .create();
    cluster
        .admin()
        .resource(
            new RoleBindingBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName("reader")
                .endMetadata()
                .withNewRoleRef("rbac.authorization.k8s.io", "ClusterRole", "admin")
                .addNewSubject("", "ServiceAccount", "reader", namespace)
                .build())
        .create();
    var token = controlPlane.requestToken(namespace, "reader", Duration.ofMinutes(10));
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(controlPlane.kubeconfigFor(token)))
        .build();
  }
}
