package dev.wiremesh.agent;

import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/**
 * A test with agents as processes on hosts, at a real API server where the test stands in for the
 * operator. Its methods share one mesh, which the subclass builds and which is removed at the end.
 */
@RequiresTun
@RequiresTool({"wg", "ping", "nft"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OnHosts {
  static final Duration PATIENCE = Duration.ofMinutes(3);

  final MeshOnHosts mesh;
  final AgentTestCluster cluster;

  OnHosts(ControlPlane controlPlane) throws IOException {
    mesh = new MeshOnHosts(controlPlane);
    cluster = mesh.cluster();
  }

  @AfterAll
  void removeMesh() throws IOException {
    mesh.close();
  }
}
