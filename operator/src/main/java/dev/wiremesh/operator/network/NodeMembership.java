package dev.wiremesh.operator.network;

import static java.util.Comparator.comparing;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.node.LabelSelectors;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.node.MeshNodes;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Keeps one MeshNode for each Node that a network selects. A Node that was deleted and created
 * again under its name has another uid, so it joins anew.
 */
final class NodeMembership {
  private final KubernetesClient client;
  private final ClusterCache state;

  NodeMembership(KubernetesClient client, ClusterCache state) {
    this.client = client;
    this.state = state;
  }

  /** The names of the selected nodes. */
  Set<String> selected(WireGuardNetwork network) {
    return selectedNodes(network).keySet();
  }

  /**
   * Creates and deletes MeshNodes.
   *
   * @throws RuntimeException the first failure, when all others are done
   */
  void align(WireGuardNetwork network) {
    var failures = new FirstFailure();
    var name = network.getMetadata().getName();
    var selected = selectedNodes(network);
    var present = state.meshNodes().by(ClusterCache.BY_NETWORK, name);
    for (var meshNode : present) {
      var node = selected.get(meshNode.getSpec().nodeName);
      if (node == null || !isOwnedBy(meshNode, node)) {
        failures.contain(() ->
            client
                .resource(meshNode)
                .lockResourceVersion(meshNode.getMetadata().getResourceVersion())
                .delete());
      }
    }
    var names =
        present.stream()
            .map(meshNode -> meshNode.getMetadata().getName())
            .collect(Collectors.toSet());
    selected.values().stream()
        .filter(node -> !names.contains(MeshNodeName.of(name, node.getMetadata().getName())))
        .sorted(comparing(node -> node.getMetadata().getName()))
        .forEach(node -> failures.contain(() -> join(name, node)));
    failures.rethrow();
  }

  /** One refused object must not keep the others from theirs. */
  private static final class FirstFailure {
    private @Nullable RuntimeException first;

    void contain(Runnable work) {
      try {
        work.run();
      } catch (RuntimeException e) {
        if (first == null) {
          first = e;
        }
      }
    }

    void rethrow() {
      if (first != null) {
        throw first;
      }
    }
  }

  private Map<String, Node> selectedNodes(WireGuardNetwork network) {
    var nodes = network.getSpec().nodes;
    return state.nodes().all().stream()
        .filter(node -> node.getMetadata().getDeletionTimestamp() == null)
        .filter(node ->
            nodes != null && LabelSelectors.matches(nodes.selector, node.getMetadata().getLabels()))
        .collect(Collectors.toMap(node -> node.getMetadata().getName(), node -> node));
  }

  private static boolean isOwnedBy(MeshNode meshNode, Node node) {
    return meshNode.getMetadata().getOwnerReferences().stream()
        .anyMatch(owner -> owner.getUid().equals(node.getMetadata().getUid()));
  }

  /**
   * Creates the MeshNode with its identity alone; its own reconciler fills the rest of the spec.
   * Not by an apply: one that is late would take the rest from a MeshNode that is there by then.
   */
  private void join(String network, Node node) {
    var nodeName = node.getMetadata().getName();
    var spec = new MeshNodeSpec();
    spec.networkRef = new NetworkReference(network);
    spec.nodeName = nodeName;
    var intent = MeshNodes.intent(MeshNodeName.of(network, nodeName), null, node, spec);
    if (client.resource(intent).get() != null) {
      return;
    }
    try {
      client.resource(intent).create();
    } catch (KubernetesClientException e) {
      if (!ApiErrors.isConflict(e)) {
        throw e;
      }
    }
  }
}
