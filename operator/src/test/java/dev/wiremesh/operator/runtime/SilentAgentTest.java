package dev.wiremesh.operator.runtime;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import java.time.Clock;
import java.time.Duration;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Nodes whose agents are silent, judged by an operator with its own rights. The test is the agents.
 *
 * <p>Takes half a minute: agents are silent after 5 s.
 */
@RequiresKubernetes(own = true)
@ConcurrentClass
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SilentAgentTest {
  private final OperatorTestCluster cluster;
  private final OperatorRuntime operator;
  private final AtomicInteger renewals = new AtomicInteger();

  SilentAgentTest(ControlPlane controlPlane) throws Exception {
    cluster = new OperatorTestCluster(controlPlane);
    operator =
        cluster.start("test", cluster.operatorClient(), Duration.ofSeconds(5), Clock.systemUTC());
  }

  @AfterAll
  void stop() {
    cluster.close();
  }

  @Test
  void silentAgentOfALivingNodeIsToldAndCountedUntilItIsBack() throws Exception {
    for (int i = 1; i <= 3; i++) {
      cluster.node("silent-" + i, "silent", "192.0.2." + i);
    }
    cluster.network("silent", "10.81.0.0/24", spec -> spec.gateways = null);
    awaitMeshNodes("silent", 3);
    cluster.agentsReady("silent");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          renew("silent-1", "silent-2", "silent-3");
          assertThat(nodes("silent")).isEqualTo("3/3");
          assertThat(agentsReady("silent").getReason()).isEqualTo("AllReady");
        });

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          renew("silent-1", "silent-3");
          assertThat(nodes("silent")).isEqualTo("2/3");
          var agents = agentsReady("silent");
          assertThat(agents.getReason()).isEqualTo("AgentSilent");
          assertThat(agents.getMessage())
              .startsWith("2 of 3 nodes are programmed; an agent is silent: silent-2 (since 20");
          var ready = ready("silent", "silent-2");
          assertThat(ready.getStatus()).isEqualTo("Unknown");
          assertThat(ready.getReason()).isEqualTo("AgentSilent");
          assertThat(ready.getMessage())
              .contains("The agent of node silent-2 has been silent since 20")
              .contains("packets may still flow by its last plan")
              .contains("get pods -o wide --field-selector spec.nodeName=silent-2");
          assertThat(ready("silent", "silent-1").getStatus()).isEqualTo("True");
          assertThat(warnings("silent.silent-2")).contains("AgentSilent");
          assertThat(OperatorHttp.metrics(operator))
              .contains("wiremesh_silent_agents{network=\"silent\"} 1.0");
        });
    assertThat(warnings("silent.silent-2")).containsOnly("AgentSilent");

    cluster.agentsReady("silent");
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          renew("silent-1", "silent-2", "silent-3");
          cluster.agentsReady("silent");
          assertThat(nodes("silent")).isEqualTo("3/3");
          assertThat(agentsReady("silent").getReason()).isEqualTo("AllReady");
        });
    assertThat(cluster.forbidden()).isEmpty();
  }

  @Test
  void agentThatNeverReportedIsToldAndAnOlderOneWithoutALeaseIsNot() {
    cluster.node("young-never", "young", "192.0.2.11");
    cluster.node("young-old", "young", "192.0.2.12");
    cluster.network("young", "10.82.0.0/24", spec -> spec.gateways = null);
    awaitMeshNodes("young", 2);
    cluster.agentReady("young", "young-old");

    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> {
          assertThat(ready("young", "young-never").getReason()).isEqualTo("AgentSilent");
          assertThat(ready("young", "young-never").getMessage())
              .contains("has not reported since 20");
          assertThat(ready("young", "young-old").getStatus()).isEqualTo("True");
        });
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(nodes("young")).isEqualTo("1/2"));
  }

  private void awaitMeshNodes(String network, int count) {
    await()
        .atMost(OperatorTestCluster.PATIENCE)
        .untilAsserted(() -> assertThat(cluster.meshNodes(network)).hasSize(count));
  }

  private String nodes(String network) {
    return requireNonNull(requireNonNull(cluster.network(network).getStatus().nodes).summary);
  }

  private Condition agentsReady(String network) {
    return Conditions.find(
            cluster.network(network).getStatus().conditions, ConditionType.AGENTS_READY)
        .orElseThrow();
  }

  private Condition ready(String network, String node) {
    return cluster.meshNodes(network).stream()
        .filter(one -> one.getSpec().nodeName.equals(node))
        .flatMap(one -> Conditions.find(one.getStatus().conditions, ConditionType.READY).stream())
        .findFirst()
        .orElseThrow(AssertionError::new);
  }

  private Iterable<String> warnings(String about) {
    return cluster.admin().v1().events().inNamespace("default").list().getItems().stream()
        .filter(event -> event.getInvolvedObject().getName().equals(about))
        .filter(event -> event.getType().equals("Warning"))
        .map(event -> event.getReason())
        .toList();
  }

  private void renew(String... nodes) {
    for (var node : nodes) {
      var lease =
          new LeaseBuilder()
              .withNewMetadata()
              .withNamespace(OperatorTestCluster.NAMESPACE)
              .withName(LeaseNames.agent(node))
              .addToLabels(Labels.GATEWAY, node)
              .endMetadata()
              .withNewSpec()
              .withHolderIdentity(node)
              .withRenewTime(
                  ZonedDateTime.parse("2001-01-01T00:00:00Z")
                      .plusSeconds(renewals.incrementAndGet()))
              .endSpec()
              .build();
      cluster.admin().resource(lease).serverSideApply();
    }
  }
}
