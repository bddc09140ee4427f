package dev.wiremesh.operator.node;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.MeshNodeStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import org.jspecify.annotations.Nullable;

/** MeshNodes as they are applied. */
public final class MeshNodes {
  private MeshNodes() {}

  /**
   * The operator's fields of a MeshNode.
   *
   * @param uid of the existing MeshNode, so that an apply does not create a deleted one anew; null
   *     for a new one
   */
  public static MeshNode intent(String name, @Nullable String uid, Node node, MeshNodeSpec spec) {
    var intent = new MeshNode();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withName(name)
            .withUid(uid)
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

  /** A part of a MeshNode's status, to be applied by the writer that owns it. */
  static MeshNode status(MeshNode meshNode, MeshNodeStatus status) {
    var intent = new MeshNode();
    intent.setMetadata(new ObjectMetaBuilder().withName(meshNode.getMetadata().getName()).build());
    intent.setSpec(null);
    intent.setStatus(status);
    return intent;
  }
}
