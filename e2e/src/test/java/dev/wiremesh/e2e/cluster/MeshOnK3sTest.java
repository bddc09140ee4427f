package dev.wiremesh.e2e.cluster;

import dev.wiremesh.testkit.junit.RequiresTool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * The lifecycle on k3s, for machines with a Docker engine: another runtime, another pod network.
 */
@Tag("docker")
@ExtendWith(DockerEngine.class)
@RequiresTool({"kubectl", "helm"})
class MeshOnK3sTest extends MeshLifecycle {
  private @Nullable K3sCluster cluster;

  @Override
  MeshCluster cluster() {
    if (cluster == null) {
      throw new IllegalStateException("k3s was not started");
    }
    return cluster;
  }

  @Override
  void startCluster() {
    cluster = K3sCluster.start();
  }

  @Override
  String podsManifest() {
    return "web-busybox.yaml";
  }
}
