package dev.wiremesh.operator.node;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;

/** MeshNodes as they are sent. */
public final class MeshNodes {
  private MeshNodes() {}

  /** All that the operator has to say about a MeshNode. */
  public static MeshNode intent(String name, Node node, MeshNodeSpec spec) {
    var intent = new MeshNode();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .addNewOwnerReference()
            .withApiVersion("v1")
            .withKind("Node")
            .withName(node.getMetadata().getName())
            .withUid(node.getMetadata().getUid())
            .endOwnerReference()
            .build());
    intent.setSpec(spec);
    intent.setStatus(null);
    return intent;
  }
}
