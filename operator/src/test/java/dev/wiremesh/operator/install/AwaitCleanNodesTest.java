package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.UninstallMark;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No kubelet is here: pods run because the test says so, and the test writes for the agents. */
@RequiresKubernetes
class AwaitCleanNodesTest {
  private static final String NAMESPACE = "await-clean-nodes";
  private static final String MARK = UninstallMark.NAME;
  private static final Duration LONG = Duration.ofMinutes(2);

  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final ByteArrayOutputStream said = new ByteArrayOutputStream();

  AwaitCleanNodesTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  private AwaitCleanNodesMain program() {
    return program(Optional.empty());
  }

  private AwaitCleanNodesMain program(Optional<OwnerReference> owner) {
    return new AwaitCleanNodesMain(
        client, NAMESPACE, owner, new PrintStream(said, true, StandardCharsets.UTF_8));
  }

  @BeforeEach
  void namespace() {
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
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
  void waitsForEveryNodeThatHasAnAgent() throws Exception {
    agent("n1", "Running");
    agent("n2", "Running");
    waiting(agent("n3", "Pending"), "ImagePullBackOff");
    pod("agent", "agent-evicted", "n4", "Failed");
    unscheduled("n5");
    running(
        program(),
        result -> {
          awaitSaid(
              "0 of 4 nodes are clean; waiting for n1 (no report yet), n2 (no report yet), n3 (no"
                  + " report yet; its agent is ImagePullBackOff), n5 (no report yet; its agent is"
                  + " Pending)");
          report("n1", "clean, removed 7");
          report("n3", "clean, removed 0");
          report("n5", "clean, removed 0");
          awaitSaid("3 of 4 nodes are clean; waiting for n2 (no report yet)");
          report("n2", "failed: nft does not answer");
          awaitSaid("waiting for n2 (failed: nft does not answer)");
          assertThat(result.isDone()).isFalse();
          report("n2", "clean, removed 3");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
    awaitSaid("Every node that has an agent is clean.");
    assertThat(mark()).as("the mark ends with the program").isEmpty();
  }

  @Test
  void agentThatIsReplacedMeanwhileIsNotForgotten() throws Exception {
    var pod = agent("n1", "Running");
    running(
        program(),
        result -> {
          awaitSaid("waiting for n1 (no report yet)");
          client.resource(pod).withGracePeriod(0).delete();
          awaitSaid("waiting for n1 (no report yet; its agent is gone)");
          report("n1", "clean, removed 7");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
  }

  @Test
  void whoDoesNotReportIsNamedAndTheMarkIsWithdrawn() throws Exception {
    agent("n1", "Running");
    assertThat(program().run(Duration.ZERO)).isFalse();
    awaitSaid("Not clean after 0 s: n1 (no report yet). Nothing of the release was deleted.");
    assertThat(mark()).isEmpty();
  }

  @Test
  void withoutAgentsThereIsNothingToWaitFor() throws Exception {
    assertThat(program().run(Duration.ZERO)).isTrue();
  }

  /** What stands in an old mark was said by agents that may have started again since. */
  @Test
  void markIsMadeAnewAndSaysHowLongItAsks() throws Exception {
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(MARK)
                .endMetadata()
                .addToData("n1", "clean, removed 7")
                .build())
        .create();
    agent("n1", "Running");
    var job = pod("uninstall", "n1", "Running");
    var pod =
        new OwnerReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(job.getMetadata().getName())
            .withUid(job.getMetadata().getUid())
            .build();
    var start = Instant.now();
    running(
        program(Optional.of(pod)),
        result -> {
          awaitSaid("waiting for n1 (no report yet)");
          var mark = mark().orElseThrow();
          assertThat(mark.getData()).doesNotContainKey("n1");
          assertThat(mark.getMetadata().getOwnerReferences()).containsExactly(pod);
          assertThat(UninstallMark.until(mark))
              .hasValueSatisfying(
                  until -> assertThat(until).isBetween(start.plus(LONG), Instant.now().plus(LONG)));
          report("n1", "clean, removed 0");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
  }

  @Test
  void markOfAnotherUninstallationStays() throws Exception {
    agent("n1", "Running");
    var first = program();
    running(
        first,
        result -> {
          awaitSaid("waiting for n1 (no report yet)");
          var uid = mark().orElseThrow().getMetadata().getUid();
          running(
              program(),
              other -> {
                await()
                    .atMost(LONG)
                    .until(() ->
                        mark().filter(it -> !it.getMetadata().getUid().equals(uid)).isPresent());
                first.withdraw();
                assertThat(mark()).isPresent();
                report("n1", "clean, removed 7");
                assertThat(other.get(60, TimeUnit.SECONDS)).isTrue();
              });
          result.cancel(true);
        });
  }

  /** As it is when the job is past its deadline, or deleted. */
  @Test
  void terminatedProgramTakesItsMarkBack(@TempDir Path folder) throws Exception {
    agent("n1", "Running");
    var kubeconfig = Files.writeString(folder.resolve("config"), controlPlane.adminKubeconfig());
    var log = folder.resolve("log");
    var command =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                AwaitCleanNodesMain.class.getName(),
                NAMESPACE,
                "600")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    command.environment().put("KUBECONFIG", kubeconfig.toString());
    var process = command.start();
    try {
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> assertThat(mark()).as(() -> "mark; it said: " + read(log)).isPresent());
      process.destroy();
      assertThat(process.waitFor(LONG)).as("it ends").isTrue();
      assertThat(mark()).as(() -> "mark; it said: " + read(log)).isEmpty();
    } finally {
      process.destroyForcibly();
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void operatorsEndBeforeTheLeasesGo() throws Exception {
    pod("operator", "n1", "Running");
    pod("operator", "operator-evicted", "n2", "Failed");
    lease("wiremesh-operator", Map.of());
    lease("wiremesh-gateway-n1", Map.of("wiremesh.dev/gateway", "n1"));
    lease("somebody-else", Map.of());
    deployment();
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result =
          thread.submit(() -> {
            program().removeLeases(Duration.ofMinutes(2));
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
      client.pods().inNamespace(NAMESPACE).withName("operator-n1").withGracePeriod(0).delete();
      assertThat(result.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
    assertThat(said.toString(StandardCharsets.UTF_8))
        .as("an evicted pod is not deleted by scaling down, and renews nothing")
        .doesNotContain("Operators still run");
    assertThat(leases()).containsExactly("somebody-else");
  }

  @Test
  void operatorsThatDoNotEndHoldNothingUp() throws Exception {
    pod("operator", "n1", "Running");
    lease("wiremesh-operator", Map.of());
    program().removeLeases(Duration.ZERO);
    awaitSaid("Leases may be left");
    deployment();
    program().removeLeases(Duration.ZERO);
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

  private Optional<ConfigMap> mark() {
    return Optional.ofNullable(client.configMaps().inNamespace(NAMESPACE).withName(MARK).get());
  }

  private interface Meanwhile {
    void happens(Future<Boolean> result) throws Exception;
  }

  private static void running(AwaitCleanNodesMain program, Meanwhile meanwhile) throws Exception {
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result = thread.submit(() -> program.run(LONG));
      try {
        meanwhile.happens(result);
      } finally {
        result.cancel(true);
      }
    }
  }

  private Pod agent(String node, String phase) {
    return pod("agent", node, phase);
  }

  private Pod pod(String component, String node, String phase) {
    return pod(component, component + "-" + node, node, phase);
  }

  private Pod pod(String component, String name, String node, String phase) {
    var pod =
        client
            .resource(template(component, name).editSpec().withNodeName(node).endSpec().build())
            .create();
    pod.getStatus().setPhase(phase);
    return client.resource(pod).patchStatus();
  }

  /** As the DaemonSet's controller makes it, before the scheduler has seen it. */
  private void unscheduled(String node) {
    client
        .resource(
            template("agent", "agent-" + node)
                .editSpec()
                .withNewAffinity()
                .withNewNodeAffinity()
                .withNewRequiredDuringSchedulingIgnoredDuringExecution()
                .addNewNodeSelectorTerm()
                .addNewMatchField()
                .withKey("metadata.name")
                .withOperator("In")
                .withValues(node)
                .endMatchField()
                .endNodeSelectorTerm()
                .endRequiredDuringSchedulingIgnoredDuringExecution()
                .endNodeAffinity()
                .endAffinity()
                .endSpec()
                .build())
        .create();
  }

  private void waiting(Pod pod, String reason) {
    pod.getStatus()
        .setContainerStatuses(
            List.of(
                new ContainerStatusBuilder()
                    .withName("agent")
                    .withImage("agent")
                    .withImageID("")
                    .withReady(false)
                    .withRestartCount(0)
                    .withNewState()
                    .withNewWaiting()
                    .withReason(reason)
                    .endWaiting()
                    .endState()
                    .build()));
    client.resource(pod).patchStatus();
  }

  private static PodBuilder template(String component, String name) {
    return new PodBuilder()
        .withNewMetadata()
        .withNamespace(NAMESPACE)
        .withName(name)
        .addToLabels("app.kubernetes.io/name", "wiremesh")
        .addToLabels("app.kubernetes.io/component", component)
        .endMetadata()
        .withNewSpec()
        .withAutomountServiceAccountToken(false)
        .addNewContainer()
        .withName(component)
        .withImage(component)
        .endContainer()
        .endSpec();
  }
}
