package dev.wiremesh.operator.install;

import dev.wiremesh.api.contract.Labels;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/** The pods of the release, and the nodes that had an agent at any look. */
final class AgentPods {
  private static final String DAEMON_SET = "wiremesh-agent";

  private final KubernetesClient client;
  private final String namespace;

  /** State of the agent's pod by node; empty text for one that runs. */
  private final Map<String, String> agents = new TreeMap<>();

  AgentPods(KubernetesClient client, String namespace) {
    this.client = client;
    this.namespace = namespace;
  }

  /** Looks once more. An agent's pod that is being replaced is missing for a moment. */
  Map<String, String> look() {
    agents.replaceAll((node, state) -> "; its agent is gone");
    for (var pod : of("agent")) {
      agents.put(nodeOf(pod), stateOf(pod));
    }
    return agents;
  }

  /** Pods that the DaemonSet has not created: a quota or a policy of the namespace may refuse. */
  Optional<String> missing() {
    var set = client.apps().daemonSets().inNamespace(namespace).withName(DAEMON_SET).get();
    if (set == null || set.getStatus() == null) {
      return Optional.empty();
    }
    var status = set.getStatus();
    int wanted = Objects.requireNonNullElse(status.getDesiredNumberScheduled(), 0);
    return wanted <= agents.size()
        ? Optional.empty()
        : Optional.of(
            "its agents should run on " + wanted + " nodes, pods exist for " + agents.size());
  }

  /** Pods that run, or will, or are about to end; not those that an eviction left behind. */
  List<Pod> of(String component) {
    return client
        .pods()
        .inNamespace(namespace)
        .withLabel(Labels.NAME, Labels.WIREMESH)
        .withLabel(Labels.COMPONENT, component)
        .withoutField("status.phase", "Succeeded")
        .withoutField("status.phase", "Failed")
        .list()
        .getItems();
  }

  /** Where a pod is, or is to be: a DaemonSet's is bound to its node before it is scheduled. */
  private static String nodeOf(Pod pod) {
    var node = pod.getSpec().getNodeName();
    if (node != null && !node.isEmpty()) {
      return node;
    }
    return Optional.ofNullable(pod.getSpec().getAffinity())
        .map(affinity -> affinity.getNodeAffinity())
        .map(affinity -> affinity.getRequiredDuringSchedulingIgnoredDuringExecution())
        .stream()
        .flatMap(required -> required.getNodeSelectorTerms().stream())
        .flatMap(term -> term.getMatchFields().stream())
        .filter(field -> "metadata.name".equals(field.getKey()))
        .flatMap(field -> field.getValues().stream())
        .findFirst()
        .orElse("pod " + pod.getMetadata().getName());
  }

  private static String stateOf(Pod pod) {
    if (pod.getMetadata().getDeletionTimestamp() != null) {
      return "; its agent is being deleted";
    }
    var waits =
        pod.getStatus().getContainerStatuses().stream()
            .map(container -> container.getState())
            .filter(Objects::nonNull)
            .map(state -> state.getWaiting())
            .filter(Objects::nonNull)
            .map(waiting -> waiting.getReason())
            .filter(Objects::nonNull)
            .findFirst();
    var phase = String.valueOf(pod.getStatus().getPhase());
    return phase.equals("Running") && waits.isEmpty()
        ? ""
        : "; its agent is " + waits.orElse(phase);
  }
}
