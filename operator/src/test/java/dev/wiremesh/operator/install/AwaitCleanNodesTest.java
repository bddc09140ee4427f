package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
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
    client.leases().inNamespace(NAMESPACE).delete();
    client.apps().deployments().inNamespace(NAMESPACE).delete();
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

  @Test
  void operatorsEndBeforeTheLeasesGo() throws Exception {
    pod("operator", "n1", "Running");
    lease("wiremesh-operator", Map.of());
    lease("wiremesh-gateway-n1", Map.of("wiremesh.dev/gateway", "n1"));
    lease("somebody-else", Map.of());
    deployment();
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result =
          thread.submit(() -> {
            program.removeLeases(Duration.ofMinutes(2));
            return "ended";
          });
      awaitSaid("The operators end.");
      assertThat(
              client
                  .apps()
                  .deployments()
                  .inNamespace(NAMESPACE)
                  .withName("wiremesh-operator")
                  .get()
                  .getSpec()
                  .getReplicas())
          .isZero();
      assertThat(leases()).as("an operator that lives would make its own anew").hasSize(3);
      client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
      assertThat(result.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
    assertThat(leases()).containsExactly("somebody-else");
  }

  @Test
  void operatorsThatDoNotEndHoldNothingUp() throws Exception {
    pod("operator", "n1", "Running");
    lease("wiremesh-operator", Map.of());
    program.removeLeases(Duration.ZERO);
    awaitSaid("Leases may be left");
    deployment();
    program.removeLeases(Duration.ZERO);
    awaitSaid("Operators still run, and may make their Lease wiremesh-operator anew.");
    assertThat(leases()).isEmpty();
  }

  private List<String> leases() {
    return client.leases().inNamespace(NAMESPACE).list().getItems().stream()
        .map(it -> it.getMetadata().getName())
        .toList();
  }

  private void lease(String name, Map<String, String> labels) {
    client
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .withLabels(labels)
                .endMetadata()
                .build())
        .create();
  }

  private void deployment() {
    client
        .resource(
            new DeploymentBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("wiremesh-operator")
                .endMetadata()
                .withNewSpec()
                .withReplicas(2)
                .withNewSelector()
                .addToMatchLabels("app", "x")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "x")
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("operator")
                .withImage("operator")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build())
        .create();
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
    pod("agent", node, phase);
  }

  private void pod(String component, String node, String phase) {
    var pod =
        client
            .resource(
                new PodBuilder()
                    .withNewMetadata()
                    .withNamespace(NAMESPACE)
                    .withName(component + "-" + node)
                    .addToLabels("app.kubernetes.io/name", "wiremesh")
                    .addToLabels("app.kubernetes.io/component", component)
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node)
                    .withAutomountServiceAccountToken(false)
                    .addNewContainer()
                    .withName(component)
                    .withImage(component)
                    .endContainer()
                    .endSpec()
                    .build())
            .create();
    pod.getStatus().setPhase(phase);
    client.resource(pod).patchStatus();
  }
}
