package dev.wiremesh.operator.install;

import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.api.contract.LeaseNames;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBindingBuilder;
import io.fabric8.kubernetes.api.model.admissionregistration.v1.ValidatingAdmissionPolicyBuilder;
import io.fabric8.kubernetes.api.model.apps.DaemonSetBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The objects of an installed chart, as far as an API server without kubelets has them. */
final class FakeInstallation {
  static final String NAMESPACE = "await-clean-nodes";

  private final KubernetesClient client;

  FakeInstallation(KubernetesClient client) {
    this.client = client;
    client
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
  }

  void clear() {
    client.pods().inNamespace(NAMESPACE).withGracePeriod(0).delete();
    client.configMaps().inNamespace(NAMESPACE).withName(UninstallRequest.NAME).delete();
    client.leases().inNamespace(NAMESPACE).delete();
    client.apps().deployments().inNamespace(NAMESPACE).delete();
    client.apps().daemonSets().inNamespace(NAMESPACE).delete();
  }

  int replicas() {
    return client
        .apps()
        .deployments()
        .inNamespace(NAMESPACE)
        .withName("wiremesh-operator")
        .get()
        .getSpec()
        .getReplicas();
  }

  /** Its controller counts these nodes, and may create no pod: there is no such ServiceAccount. */
  void daemonSetWithoutPods(String... nodes) {
    for (var name : nodes) {
      node(name);
      client
          .nodes()
          .withName(name)
          .patch(
              PatchContext.of(PatchType.JSON_MERGE),
              "{\"metadata\": {\"labels\": {\"agents\": \"wanted\"}}}");
    }
    client
        .resource(
            new DaemonSetBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName("wiremesh-agent")
                .endMetadata()
                .withNewSpec()
                .withNewSelector()
                .addToMatchLabels("app", "y")
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "y")
                .endMetadata()
                .withNewSpec()
                .addToNodeSelector("agents", "wanted")
                .withServiceAccountName("absent")
                .addNewContainer()
                .withName("agent")
                .withImage("agent")
                .endContainer()
                .endSpec()
                .endTemplate()
                .endSpec()
                .build())
        .create();
  }

  /** Another team's admission policy, which keeps the Leases; in force when this returns. */
  AutoCloseable policyThatKeepsLeases() {
    var policy =
        new ValidatingAdmissionPolicyBuilder()
            .withNewMetadata()
            .withName(NAMESPACE + "-kept")
            .endMetadata()
            .withNewSpec()
            .withNewMatchConstraints()
            .addNewResourceRule()
            .withApiGroups("coordination.k8s.io")
            .withApiVersions("*")
            .withOperations("DELETE")
            .withResources("leases")
            .endResourceRule()
            .endMatchConstraints()
            .addNewValidation()
            .withExpression("request.namespace != '" + NAMESPACE + "'")
            .withMessage("Leases are kept by us")
            .endValidation()
            .endSpec()
            .build();
    var binding =
        new ValidatingAdmissionPolicyBindingBuilder()
            .withNewMetadata()
            .withName(NAMESPACE + "-kept")
            .endMetadata()
            .withNewSpec()
            .withPolicyName(NAMESPACE + "-kept")
            .withValidationActions("Deny")
            .endSpec()
            .build();
    client.resource(policy).serverSideApply();
    client.resource(binding).serverSideApply();
    awaitDeletable(false);
    return () -> {
      client.resource(binding).delete();
      client.resource(policy).delete();
      awaitDeletable(true);
    };
  }

  /** A policy takes a moment until the API server has compiled it. */
  private void awaitDeletable(boolean deletable) {
    await().atMost(Duration.ofMinutes(1)).until(() -> isOperatorLeaseDeletable() == deletable);
  }

  private boolean isOperatorLeaseDeletable() {
    try {
      client.leases().inNamespace(NAMESPACE).withName(LeaseNames.OPERATOR).dryRun().delete();
      return true;
    } catch (KubernetesClientException e) {
      return false;
    }
  }

  /** A ConfigMap of the request's name that is being deleted, and that a finalizer keeps. */
  void heldMark(String finalizer) {
    client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(UninstallRequest.NAME)
                .withFinalizers(finalizer)
                .endMetadata()
                .build())
        .create();
    client.configMaps().inNamespace(NAMESPACE).withName(UninstallRequest.NAME).delete();
  }

  void releaseMark() {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(UninstallRequest.NAME)
        .edit(mark ->
            new ConfigMapBuilder(mark)
                .editMetadata()
                .withFinalizers(List.of())
                .endMetadata()
                .build());
  }

  /** Each of these nodes' agents has checked its node. */
  void ready(String... nodes) {
    for (var node : nodes) {
      report(node, UninstallRequest.READY);
    }
  }

  List<String> leases() {
    return client.leases().inNamespace(NAMESPACE).list().getItems().stream()
        .map(it -> it.getMetadata().getName())
        .toList();
  }

  void lease(String name, Map<String, String> labels) {
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

  void deployment() {
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

  void report(String node, String text) {
    client
        .configMaps()
        .inNamespace(NAMESPACE)
        .withName(UninstallRequest.NAME)
        .edit(mark -> new ConfigMapBuilder(mark).addToData(node, text).build());
  }

  Optional<ConfigMap> mark() {
    return Optional.ofNullable(
        client.configMaps().inNamespace(NAMESPACE).withName(UninstallRequest.NAME).get());
  }

  Pod agent(String node, String phase) {
    return pod("agent", node, phase);
  }

  Pod pod(String component, String node, String phase) {
    return pod(component, component + "-" + node, node, phase);
  }

  Pod pod(String component, String name, String node, String phase) {
    node(node);
    var pod =
        client
            .resource(template(component, name).editSpec().withNodeName(node).endSpec().build())
            .create();
    pod.getStatus().setPhase(phase);
    return client.resource(pod).patchStatus();
  }

  /** The pod garbage collector deletes pods of a node that does not exist, after 40 s. */
  private void node(String name) {
    client
        .resource(new NodeBuilder().withNewMetadata().withName(name).endMetadata().build())
        .serverSideApply();
  }

  /** As the DaemonSet's controller makes it, before the scheduler has seen it. */
  void unscheduled(String node) {
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

  void waiting(Pod pod, String reason) {
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
