package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** No kubelet is here: pods run because the test says so, and the test writes for the agents. */
@RequiresKubernetes
class AwaitCleanNodesTest {
  private static final String NAMESPACE = "await-clean-nodes";
  private static final String MARK = AwaitCleanNodesMain.MARK;

  private final KubernetesClient client;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();
  private final AwaitCleanNodesMain program;

  AwaitCleanNodesTest(ControlPlane controlPlane) {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
    program =
        new AwaitCleanNodesMain(
            client, NAMESPACE, new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  @BeforeEach
  void mark() {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(MARK)
                .endMetadata()
                .build())
        .create();
  }

  @AfterEach
  void tearDown() {
    client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
    client.configMaps().inNamespace(NAMESPACE).withName(MARK).delete();
    client.close();
  }

  @Test
  void waitsForEveryAgentThatRuns() throws Exception {
    agent("n1", "Running");
    agent("n2", "Running");
    agent("n3", "Pending");
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result = thread.submit(() -> program.await(Duration.ofMinutes(2)));
      awaitSaid("0 of 2 nodes are clean; waiting for n1 (no report yet), n2 (no report yet)");
      report("n1", "clean, removed 7");
      awaitSaid("1 of 2 nodes are clean; waiting for n2 (no report yet)");
      report("n2", "failed: nft does not answer");
      awaitSaid("waiting for n2 (failed: nft does not answer)");
      assertThat(result.isDone()).isFalse();
      report("n2", "clean, removed 3");
      assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
    }
    awaitSaid("Every node with a running agent is clean.");
  }

  @Test
  void whoDoesNotReportIsNamedAndTheMarkIsWithdrawn() throws Exception {
    agent("n1", "Running");
    assertThat(program.await(Duration.ZERO)).isFalse();
    awaitSaid("Not clean after 0 s: n1 (no report yet). On each of these nodes");
    assertThat(client.configMaps().inNamespace(NAMESPACE).withName(MARK).get()).isNull();
  }

  @Test
  void withoutAgentsThereIsNothingToWaitFor() throws Exception {
    assertThat(program.await(Duration.ZERO)).isTrue();
  }

  private void awaitSaid(String text) {
    await()
        .atMost(Duration.ofSeconds(60))
        .untilAsserted(() -> assertThat(said.toString(StandardCharsets.UTF_8)).contains(text));
  }

  private void report(String node, String text) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(MARK)
        .edit(mark -> new ConfigMapBuilder(mark).addToData(node, text).build());
  }

  private void agent(String node, String phase) {
    var pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withName("agent-" + node)
                    .addToLabels("app.kubernetes.io/name", "wiremesh")
                    .addToLabels("app.kubernetes.io/component", "agent")
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node)
                    .withAutomountServiceAccountToken(false)
                    .addNewContainer()
                    .withName("agent")
                    .withImage("agent")
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    pod.getStatus().setPhase(phase);
    client.resource(pod).patchStatus();
  }
}
