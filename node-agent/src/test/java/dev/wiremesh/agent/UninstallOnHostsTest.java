package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * Agents with their shipped rights see the mark of the chart's hook, and leave their nodes clean.
 */
@RequiresTun
@RequiresKubernetes
@RequiresTool({"wg", "ping", "nft"})
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class UninstallOnHostsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final String MARK = "wiremesh-uninstall";

  private final MeshOnHosts mesh;

  UninstallOnHostsTest(ControlPlane controlPlane) throws IOException {
    mesh = new MeshOnHosts(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.build();
    mesh.awaitPing("node-a", "10.70.0.2");
  }

  @AfterAll
  void tearDown() throws IOException {
    marks().delete();
    mesh.close();
  }

  private Resource<ConfigMap> marks() {
    return mesh.cluster().client().configMaps().inNamespace(TestCluster.NAMESPACE).withName(MARK);
  }

  @Test
  void markedNodesAreLeftCleanAndEachAgentSaysSo() {
    mesh.cluster()
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(TestCluster.NAMESPACE)
                .withName(MARK)
                .endMetadata()
                .build())
        .create();
    for (var node : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(marks().get().getData())
                  .as(mesh.agent(node).lastLines(20))
                  .hasEntrySatisfying(
                      node, line -> assertThat(line).startsWith("clean, removed ")));
      assertClean(node);
    }

    marks().delete();
    mesh.cluster().pods("home", "node-b", "10.244.2.0/24");
    await()
        .pollDelay(Duration.ofSeconds(3))
        .atMost(PATIENCE)
        .untilAsserted(() -> mesh.nodes().forEach(this::assertClean));
  }

  private void assertClean(String node) {
    var host = mesh.host(node);
    assertThat(host.ip("link")).doesNotContain("wg-home");
    for (var family : List.of("-4", "-6")) {
      assertThat(host.ip(family, "rule")).doesNotContain("51900");
      assertThat(host.ip(family, "route", "show", "table", "all")).doesNotContain("proto 87");
    }
    assertThat(host.exec("nft", "list", "tables")).isEmpty();
    assertThat(host.exec("find", "/var/lib/wiremesh", "/var/run/wireguard", "!", "-type", "d"))
        .isEmpty();
  }
}
