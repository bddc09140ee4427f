package dev.wiremesh.operator.install;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.api.UninstallRequest.Step;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The uninstallation of nodes at an API server without kubelets: the test sets the phases of pods
 * and writes the reports of agents.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
class AwaitCleanNodesTest {
  private static final Duration LONG = UninstallJob.LONG;

  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final FakeInstallation there;
  private final UninstallJob job;

  AwaitCleanNodesTest(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
    there = new FakeInstallation(client);
    job = new UninstallJob(client);
  }

  @AfterEach
  void tearDown() {
    there.clear();
    client.close();
  }

  @Test
  void waitsForEveryNodeThatHasAnAgent() throws Exception {
    there.agent("n1", "Running");
    there.agent("n2", "Running");
    there.waiting(there.agent("n3", "Pending"), "ImagePullBackOff");
    there.pod("agent", "agent-evicted", "n4", "Failed");
    there.unscheduled("n5");
    UninstallJob.running(
        job.program(),
        result -> {
          job.awaitSaid(
              "0 of 4 nodes can be cleaned; waiting for n1 (no report yet), n2 (no report yet), n3"
                  + " (no report yet; its agent is ImagePullBackOff), n5 (no report yet; its agent"
                  + " is Pending)");
          assertThat(there.mark()).map(UninstallRequest::step).contains(Step.CHECK);
          there.ready("n1", "n2", "n3", "n5");
          job.awaitSaid(
              "0 of 4 nodes are clean; waiting for n1 (ready), n2 (ready), n3 (ready), n5 (ready)");
          assertThat(there.mark()).map(UninstallRequest::step).contains(Step.CLEAN);
          there.report("n1", "clean, removed 7");
          there.report("n3", "clean, removed 0");
          there.report("n5", "clean, removed 0");
          job.awaitSaid("3 of 4 nodes are clean; waiting for n2 (ready)");
          there.report("n2", "failed: nft does not answer");
          job.awaitSaid("waiting for n2 (failed: nft does not answer)");
          assertThat(result.isDone()).isFalse();
          there.report("n2", "clean, removed 3");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
    job.awaitSaid("Every node that has an agent is clean.");
    assertThat(there.mark()).as("the mark ends with the program").isEmpty();
  }

  @Test
  void agentThatIsReplacedMeanwhileIsNotForgotten() throws Exception {
    var pod = there.agent("n1", "Running");
    UninstallJob.running(
        job.program(),
        result -> {
          job.awaitSaid("waiting for n1 (no report yet)");
          client.resource(pod).withGracePeriod(0).delete();
          job.awaitSaid("waiting for n1 (no report yet; its agent is gone)");
          there.ready("n1");
          job.awaitSaid("waiting for n1 (ready)");
          there.report("n1", "clean, removed 7");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
  }

  @Test
  void missingNodesAreNamedAndTheRequestIsDeleted() throws Exception {
    there.agent("n1", "Running");
    assertThat(job.program().run(Duration.ZERO)).isFalse();
    job.awaitSaid(
        "Nothing was changed, because not every node can be cleaned: n1 (no report yet).");
    assertThat(there.mark()).isEmpty();
  }

  @Test
  void nothingIsChangedUnlessEveryNodeCanBeCleaned() throws Exception {
    there.agent("n1", "Running");
    there.agent("n2", "Running");
    there.deployment();
    there.lease("wiremesh-operator", Map.of());
    UninstallJob.running(
        job.program(),
        result -> {
          job.awaitSaid("0 of 2 nodes can be cleaned");
          there.report("n1", "ready");
          there.report("n2", "not ready: nft: Operation not permitted");
          assertThat(result.get(60, TimeUnit.SECONDS)).as("before the time is over").isFalse();
        });
    job.awaitSaid(
        "Nothing was changed, because not every node can be cleaned: n2 (not ready: nft: Operation"
            + " not permitted). The mesh goes on");
    assertThat(job.said()).doesNotContain("are clean");
    assertThat(there.mark()).isEmpty();
    assertThat(there.leases()).containsExactly("wiremesh-operator");
    assertThat(there.replicas()).isEqualTo(2);
  }

  @Test
  void nodeWithoutAPodOfTheDaemonSetIsMissing() throws Exception {
    there.agent("d1", "Running");
    there.daemonSetWithoutPods("d1", "d2", "d3");
    UninstallJob.running(
        job.program(),
        result -> {
          job.awaitSaid("0 of 1 nodes can be cleaned");
          there.ready("d1");
          job.awaitSaid(
              "waiting for DaemonSet wiremesh-agent (its agents should run on 3 nodes, pods exist"
                  + " for 1)");
          assertThat(result.isDone()).isFalse();
        });
  }

  /** Agents that have cleaned their node read the cancellation, whenever they see it. */
  @Test
  void uninstallationThatStopsHalfwayIsCancelled() throws Exception {
    there.agent("n1", "Running");
    there.agent("n2", "Running");
    there.deployment();
    var program = job.program();
    UninstallJob.running(
        program,
        result -> {
          job.awaitSaid("0 of 2 nodes can be cleaned");
          there.ready("n1", "n2");
          job.awaitSaid("0 of 2 nodes are clean");
          there.report("n1", "clean, removed 7");
          job.awaitSaid("1 of 2 nodes are clean");
          // As the shutdown hook does when the job is past its deadline.
          program.withdraw();
          assertThat(there.mark()).map(UninstallRequest::step).contains(Step.CANCELLED);
          assertThat(there.mark().map(UninstallRequest::until)).contains(Optional.empty());
        });
    assertThat(there.replicas()).isEqualTo(2);
  }

  @Test
  void rightsThatAreMissingAreNamedBeforeAnythingIsChanged() throws Exception {
    there.deployment();
    there.lease("wiremesh-operator", Map.of());
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    config.setImpersonateUsername("tenant");
    try (var powerless = new KubernetesClientBuilder().withConfig(config).build()) {
      assertThat(job.program(powerless).run(LONG)).isFalse();
    }
    assertThat(job.said())
        .contains("Nothing was changed, because the uninstallation could not be completed.")
        .contains("This job cannot list the agents' pods: ")
        .contains("This job cannot read the agents' DaemonSet: ")
        .contains("This job cannot write the request to the agents: ")
        .contains("This job cannot end the operators: ")
        .contains("This job cannot delete the Leases: ")
        .contains("forbidden");
    assertThat(there.mark()).isEmpty();
  }

  @Test
  void policyThatForbidsALaterStepIsFoundFirst() throws Exception {
    there.deployment();
    there.agent("n1", "Running");
    there.lease("wiremesh-operator", Map.of());
    try (var _ = there.policyThatKeepsLeases()) {
      assertThat(job.program().run(LONG)).isFalse();
    }
    assertThat(job.said())
        .contains("This job cannot delete the Leases: ")
        .contains("Leases are kept by us");
    assertThat(there.mark()).as("no agent was asked").isEmpty();
    assertThat(there.leases()).containsExactly("wiremesh-operator");
    assertThat(there.replicas()).isEqualTo(2);
  }

  @Test
  void requestThatAFinalizerKeepsIsFoundFirst() throws Exception {
    there.heldMark("example.com/held");
    try {
      assertThat(job.program().run(LONG)).isFalse();
    } finally {
      there.releaseMark();
    }
    assertThat(job.said())
        .contains(
            "ConfigMap wiremesh-uninstall is being deleted and kept by its finalizers"
                + " [example.com/held]: remove them");
  }

  @Test
  void withoutAgentsThereIsNothingToWaitFor() throws Exception {
    assertThat(job.program().run(Duration.ZERO)).isTrue();
  }

  /** Reports in the mark of an earlier run are from agents that may have started again since. */
  @Test
  void markIsMadeAnewAndSaysHowLongItAsks() throws Exception {
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(FakeInstallation.NAMESPACE)
                .withName(UninstallRequest.NAME)
                .endMetadata()
                .addToData("n1", "clean, removed 7")
                .build())
        .create();
    there.agent("n1", "Running");
    var jobPod = there.pod("uninstall", "n1", "Running");
    var pod =
        new OwnerReferenceBuilder()
            .withApiVersion("v1")
            .withKind("Pod")
            .withName(jobPod.getMetadata().getName())
            .withUid(jobPod.getMetadata().getUid())
            .build();
    var start = Instant.now();
    UninstallJob.running(
        job.program(Optional.of(pod)),
        result -> {
          job.awaitSaid("waiting for n1 (no report yet)");
          var mark = there.mark().orElseThrow();
          assertThat(mark.getData()).doesNotContainKey("n1");
          assertThat(mark.getMetadata().getOwnerReferences()).containsExactly(pod);
          assertThat(UninstallRequest.until(mark))
              .hasValueSatisfying(
                  until -> assertThat(until).isBetween(start.plus(LONG), Instant.now().plus(LONG)));
          there.ready("n1");
          job.awaitSaid("waiting for n1 (ready)");
          assertThat(UninstallRequest.until(there.mark().orElseThrow())).isPresent();
          there.report("n1", "clean, removed 0");
          assertThat(result.get(60, TimeUnit.SECONDS)).isTrue();
        });
  }

  @Test
  void markOfAnotherUninstallationStays() throws Exception {
    there.agent("n1", "Running");
    var first = job.program();
    UninstallJob.running(
        first,
        result -> {
          job.awaitSaid("waiting for n1 (no report yet)");
          var uid = there.mark().orElseThrow().getMetadata().getUid();
          UninstallJob.running(
              job.program(),
              other -> {
                await()
                    .atMost(LONG)
                    .until(() ->
                        there
                            .mark()
                            .filter(it -> !it.getMetadata().getUid().equals(uid))
                            .isPresent());
                first.withdraw();
                assertThat(there.mark()).isPresent();
                there.ready("n1");
                job.awaitSaid("waiting for n1 (ready)");
                there.report("n1", "clean, removed 7");
                assertThat(other.get(60, TimeUnit.SECONDS)).isTrue();
              });
          result.cancel(true);
        });
  }

  /** As it is when the job is past its deadline, or deleted. */
  @Test
  void terminatedProgramTakesItsMarkBack(@TempDir Path folder) throws Exception {
    there.agent("n1", "Running");
    var kubeconfig = Files.writeString(folder.resolve("config"), controlPlane.adminKubeconfig());
    var log = folder.resolve("log");
    var command =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                AwaitCleanNodesMain.class.getName(),
                FakeInstallation.NAMESPACE,
                "600")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    command.environment().put("KUBECONFIG", kubeconfig.toString());
    var process = command.start();
    try {
      await()
          .atMost(LONG)
          .untilAsserted(
              () -> assertThat(there.mark()).as(() -> "mark; it said: " + read(log)).isPresent());
      process.destroy();
      assertThat(process.waitFor(LONG)).as("it ends").isTrue();
      assertThat(there.mark()).as(() -> "mark; it said: " + read(log)).isEmpty();
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
    there.pod("operator", "n1", "Running");
    there.pod("operator", "operator-evicted", "n2", "Failed");
    there.lease("wiremesh-operator", Map.of());
    there.lease(LeaseNames.agent("n1"), Map.of(Labels.GATEWAY, "n1"));
    there.lease(LeaseNames.claim("port", "51900"), Map.of(Labels.CLAIM, "port"));
    there.lease("another-program", Map.of());
    there.deployment();
    try (var thread = Executors.newVirtualThreadPerTaskExecutor()) {
      var result =
          thread.submit(() -> {
            job.program().removeLeases(Duration.ofMinutes(2));
            return "ended";
          });
      job.awaitSaid("The operators end.");
      assertThat(there.replicas()).isZero();
      assertThat(there.leases()).as("an operator that lives would make its own anew").hasSize(4);
      client
          .pods()
          .inNamespace(FakeInstallation.NAMESPACE)
          .withName("operator-n1")
          .withGracePeriod(0)
          .delete();
      assertThat(result.get(60, TimeUnit.SECONDS)).isEqualTo("ended");
    }
    assertThat(job.said())
        .as("an evicted pod is not deleted by scaling down, and renews nothing")
        .doesNotContain("Operators still run");
    assertThat(there.leases()).containsExactly("another-program");
  }

  @Test
  void operatorsThatDoNotEndDoNotBlock() throws Exception {
    there.pod("operator", "n1", "Running");
    there.lease("wiremesh-operator", Map.of());
    job.program().removeLeases(Duration.ZERO);
    job.awaitSaid("Leases may be left");
    there.deployment();
    job.program().removeLeases(Duration.ZERO);
    job.awaitSaid("Operators still run, and may make their Lease wiremesh-operator anew.");
    assertThat(there.leases()).isEmpty();
  }
}
