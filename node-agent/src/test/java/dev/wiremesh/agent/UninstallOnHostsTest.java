package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * Agents with their shipped rights see the mark of the chart's hook, check, clean their nodes, and
 * make the mesh again if the uninstallation is cancelled.
 */
@RequiresKubernetes
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
final class UninstallOnHostsTest extends OnHosts {
  private int marked;

  UninstallOnHostsTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.build();
    mesh.awaitPing("node-a", "10.70.0.2");
  }

  @AfterAll
  void withdrawRequest() {
    marks().delete();
  }

  private Resource<ConfigMap> marks() {
    return cluster
        .client()
        .configMaps()
        .inNamespace(AgentTestCluster.NAMESPACE)
        .withName(UninstallRequest.NAME);
  }

  /** The request of a killed job, and a request without expiry. */
  @Test
  @Order(1)
  void markWhoseTimeIsOverRemovesNothing() {
    for (var data :
        List.of(
            UninstallRequest.askingUntil(Instant.now()), Map.of("node-a", "clean, removed 1"))) {
      mark(data);
      for (var node : mesh.nodes()) {
        await()
            .atMost(PATIENCE)
            .untilAsserted(() ->
                assertThat(
                        mesh.log(node)
                            .lines()
                            .filter(line -> line.contains("Ignoring an expired uninstall request")))
                    .as(mesh.agent(node).lastLines(20))
                    .hasSize(marked));
      }
      marks().delete();
    }
    mesh.awaitPing("node-a", "10.70.0.2");
  }

  @Test
  @Order(2)
  void checkedNodesKeepTheirMesh() {
    mark(UninstallRequest.checkingUntil(Instant.now().plus(PATIENCE)));
    eachAgentSays("ready");
    for (var node : mesh.nodes()) {
      assertThat(mesh.host(node).ip("link")).contains("wg-home");
    }
    mesh.awaitPing("node-a", "10.70.0.2");
  }

  /** The job changes the ConfigMap in place, and its uid stays. */
  @Test
  @Order(3)
  void checkedNodesAreCleanedOnRequest() {
    change(UninstallRequest.askingUntil(Instant.now().plus(PATIENCE)));
    eachAgentSays("clean, removed [1-9][0-9]*");
    mesh.nodes().forEach(this::assertClean);
  }

  @Test
  @Order(4)
  void cancelledUninstallationBringsTheMeshBack() {
    change(UninstallRequest.cancelled());
    mesh.awaitPing("node-a", "10.70.0.2");
    mesh.awaitPing("node-b", "10.70.0.1");
    for (var node : mesh.nodes()) {
      assertThat(mesh.host(node).exec("find", "/var/lib/wiremesh", "-type", "f")).isNotEmpty();
    }
    marks().delete();
  }

  @Test
  @Order(5)
  void markedNodesAreLeftCleanAndEachAgentSaysSo() {
    mark(UninstallRequest.askingUntil(Instant.now().plus(PATIENCE)));
    eachAgentSays("clean, removed [1-9][0-9]*");
    mesh.nodes().forEach(this::assertClean);

    marks().delete();
    cluster.pods("home", "node-b", "10.244.2.0/24");
    await()
        .pollDelay(Duration.ofSeconds(3))
        .atMost(PATIENCE)
        .untilAsserted(() -> mesh.nodes().forEach(this::assertClean));
  }

  /** An uninstallation that stopped half-way is begun again while the agents still run. */
  @Test
  @Order(6)
  void secondRequestIsAnsweredAgain() {
    mark(UninstallRequest.askingUntil(Instant.now().plus(PATIENCE)));
    eachAgentSays("clean, removed 0");
    marks().delete();
  }

  private void mark(Map<String, String> data) {
    marked++;
    cluster
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(AgentTestCluster.NAMESPACE)
                .withName(UninstallRequest.NAME)
                .endMetadata()
                .withData(data)
                .build())
        .create();
  }

  /** Keeps the agents' lines, as the job's apply does. */
  private void change(Map<String, String> request) {
    marks()
        .edit(mark -> {
          var data = new TreeMap<>(mark.getData());
          data.keySet().removeIf(key -> key.startsWith("_"));
          data.putAll(request);
          return new ConfigMapBuilder(mark).withData(data).build();
        });
  }

  private void eachAgentSays(String pattern) {
    for (var node : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(marks().get().getData())
                  .as(mesh.agent(node).lastLines(20))
                  .hasEntrySatisfying(node, line -> assertThat(line).matches(pattern)));
    }
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
