package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.apiextensions.v1.CustomResourceDefinition;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The chart's CRDs, rights and admission policies for the agents, on a real API server. */
final class InstalledChart {
  private static final Path CHART = Path.of("../helm/wiremesh");

  private final ControlPlane controlPlane;
  private final KubernetesClient client;

  InstalledChart(ControlPlane controlPlane, KubernetesClient client) throws IOException {
    this.controlPlane = controlPlane;
    this.client = client;
    installCrds();
    client
        .resource(
            new NamespaceBuilder()
                .withNewMetadata()
                .withName(AgentTestCluster.NAMESPACE)
                .endMetadata()
                .build())
        .serverSideApply();
    giveAgentsTheirRights();
    apply("files/admission/agent.yaml");
    awaitAdmissionPolicies();
  }

  /**
   * The API server enforces a policy some seconds after it accepted it. Each kind of object that
   * the policies guard is tried as an agent's ServiceAccount with the rights of an administrator:
   * only a policy can refuse it.
   */
  private void awaitAdmissionPolicies() {
    var config =
        new ConfigBuilder(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .withImpersonateUsername(
                "system:serviceaccount:" + AgentTestCluster.NAMESPACE + ":wiremesh-agent")
            .withImpersonateGroups("system:masters")
            .build();
    try (var agent = new KubernetesClientBuilder().withConfig(config).build()) {
      await()
          .alias("the API server enforces the admission policies")
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> {
            for (var guarded : guardedObjects()) {
              assertThatThrownBy(() -> agent.resource(guarded).dryRun(true).create())
                  .isInstanceOf(KubernetesClientException.class)
                  .hasMessageContaining("ValidatingAdmissionPolicy");
            }
          });
    }
  }

  /** One valid object of each kind that an admission policy guards. */
  private static List<HasMetadata> guardedObjects() {
    var namespaced =
        new ObjectMetaBuilder().withNamespace(AgentTestCluster.NAMESPACE).withName("probe").build();
    var meshNode = new MeshNode();
    meshNode.setMetadata(new ObjectMetaBuilder().withName("probe.probe").build());
    meshNode.getSpec().networkRef = new NetworkReference("probe");
    meshNode.getSpec().nodeName = "probe";
    var peer = new Peer();
    peer.setMetadata(namespaced);
    peer.getSpec().networkRef = new NetworkReference("probe");
    return List.of(
        meshNode,
        peer,
        new ConfigMapBuilder().withMetadata(namespaced).build(),
        new LeaseBuilder().withMetadata(namespaced).build());
  }

  /** Applies the chart's roles and bindings of the agents. */
  void giveAgentsTheirRights() throws IOException {
    apply("files/rbac/agent.yaml");
  }

  /** The agents are known, and may nothing: 403. */
  void takeAgentsTheirRights() {
    client.rbac().clusterRoleBindings().withName("wiremesh-agent").delete();
    client
        .rbac()
        .roleBindings()
        .inNamespace(AgentTestCluster.NAMESPACE)
        .withName("wiremesh-agent")
        .delete();
    client.rbac().roleBindings().inNamespace("default").withName("wiremesh-agent").delete();
  }

  /** The agents' tokens are worth nothing from now on: 401. */
  void forgetAgents() {
    client
        .serviceAccounts()
        .inNamespace(AgentTestCluster.NAMESPACE)
        .withName("wiremesh-agent")
        .delete();
  }

  private void apply(String file) throws IOException {
    try (var text = Files.newInputStream(CHART.resolve(file))) {
      for (var object : client.load(text).items()) {
        client.resource(object).serverSideApply();
      }
    }
  }

  private void installCrds() throws IOException {
    try (var files = Files.list(CHART.resolve("crds"))) {
      for (var file : files.toList()) {
        var crd = Serialization.unmarshal(Files.readString(file), CustomResourceDefinition.class);
        client.resource(crd).serverSideApply();
        client
            .resource(crd)
            .waitUntilCondition(
                it ->
                    it != null
                        && it.getStatus() != null
                        && it.getStatus().getConditions() != null
                        && it.getStatus().getConditions().stream()
                            .anyMatch(condition ->
                                condition.getType().equals("Established")
                                    && condition.getStatus().equals("True")),
                90,
                TimeUnit.SECONDS);
      }
    }
  }
}
