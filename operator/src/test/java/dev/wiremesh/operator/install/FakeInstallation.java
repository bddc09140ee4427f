package dev.wiremesh.operator.install;

import dev.wiremesh.api.UninstallRequest;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatusBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
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
