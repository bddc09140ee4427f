package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * The operator in this process, with its own rights, against a real API server, and a namespace for
 * what a test makes.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class RunningOperator {
  static final Duration RESYNC = Duration.ofSeconds(2);

  final String here;
  final OperatorTestCluster cluster;
  final OperatorRuntime operator;
  private final KubernetesClient client;

  /**
   * @param here name of the namespace
   * @param resync how often everything is looked at again, without a reason
   */
  RunningOperator(ControlPlane controlPlane, String here, Duration resync) throws Exception {
    this.here = here;
    cluster = new OperatorTestCluster(controlPlane);
    client = cluster.operatorClient();
    operator =
        OperatorRuntime.start(
            client,
            new OperatorConfig(
                OperatorTestCluster.NAMESPACE,
                new InetSocketAddress("127.0.0.1", 0),
                true,
                "test",
                Duration.ofSeconds(60)),
            resync,
            Clock.systemUTC(),
            () -> {});
  }

  @BeforeAll
  void makeNamespace() {
    cluster.namespace(here);
  }

  @AfterAll
  void stop() {
    operator.close();
    client.close();
    cluster.close();
    assertThat(cluster.forbidden()).isEmpty();
  }

  /** Waits for an Event: the operator writes it after the status that it is about. */
  final void awaitEvent(String about, String reason) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(events(about)).contains(reason));
  }

  final List<String> events(String about) {
    return cluster.admin().v1().events().inNamespace(here).list().getItems().stream()
        .filter(it -> it.getInvolvedObject().getName().equals(about))
        .map(it -> it.getReason())
        .toList();
  }
}
