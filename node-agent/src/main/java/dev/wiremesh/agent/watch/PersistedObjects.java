package dev.wiremesh.agent.watch;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Objects as they were when the state was last saved. An object that is missing here may exist, so
 * nothing may be removed because of its absence.
 */
public record PersistedObjects(List<MeshObjects> meshes) implements WatchedObjects {
  public PersistedObjects {
    meshes = List.copyOf(meshes);
  }

  @Override
  public boolean synced() {
    return true;
  }

  @Override
  public boolean isWatching() {
    return false;
  }

  @Override
  public long version() {
    return 0;
  }

  @Override
  public List<WireGuardNetwork> networks() {
    return meshes.stream().map(MeshObjects::network).toList();
  }

  @Override
  public List<MeshNode> meshNodes() {
    return meshes.stream().flatMap(mesh -> mesh.meshNodes().stream()).toList();
  }

  @Override
  public List<Peer> peers() {
    return meshes.stream().flatMap(mesh -> mesh.peers().stream()).toList();
  }

  @Override
  public Optional<Secret> secret(String name) {
    return meshes.stream()
        .flatMap(mesh -> mesh.secrets().stream())
        .filter(secret -> secret.getMetadata().getName().equals(name))
        .findFirst();
  }

  @Override
  public boolean secretsSynced() {
    return true;
  }

  @Override
  public void wantSecrets(Set<String> names) {
    // The persisted Secrets come with the other objects.
  }
}
