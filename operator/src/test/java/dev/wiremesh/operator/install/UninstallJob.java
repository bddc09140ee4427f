package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** The uninstallation's job as an object of this JVM, and the text that it prints. */
final class UninstallJob {
  /** The job's time limit, and the limit of waits for its text. */
  static final Duration LONG = Duration.ofMinutes(2);

  private final KubernetesClient client;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  UninstallJob(KubernetesClient client) {
    this.client = client;
  }

  AwaitCleanNodesMain program() {
    return program(Optional.empty());
  }

  AwaitCleanNodesMain program(Optional<OwnerReference> owner) {
    return program(client, owner);
  }

  AwaitCleanNodesMain program(KubernetesClient as) {
    return program(as, Optional.empty());
  }

  AwaitCleanNodesMain program(KubernetesClient as, Optional<OwnerReference> owner) {
    return new AwaitCleanNodesMain(
        as, FakeInstallation.NAMESPACE, owner, new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  String said() {
    return said.toString(StandardCharsets.UTF_8);
  }

  void awaitSaid(String text) {
    await().atMost(LONG).untilAsserted(() -> assertThat(said()).contains(text));
  }

  interface Meanwhile {
    void happens(Future<Boolean> result) throws Exception;
  }

  static void running(AwaitCleanNodesMain program, Meanwhile meanwhile) throws Exception {
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result = thread.submit(() -> program.run(LONG));
      try {
        meanwhile.happens(result);
      } finally {
        result.cancel(true);
      }
    }
  }
}
