package dev.wiremesh.operator.runtime;

import dev.wiremesh.api.json.MeshObject;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.config.Cloner;

/** Copies cached objects for reconcilers, with what could not be read of them. Thread-safe. */
final class MeshObjectCloner implements Cloner {
  private final KubernetesClient client;

  MeshObjectCloner(KubernetesClient client) {
    this.client = client;
  }

  @Override
  public <R extends HasMetadata> R clone(R object) {
    var copy = client.getKubernetesSerialization().clone(object);
    if (object instanceof MeshObject from && copy instanceof MeshObject to) {
      to.noteReadProblems(from.readProblems());
    }
    return copy;
  }
}
