package dev.wiremesh.agent;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * 401 and 403 of the API server are no request to remove anything, and a request to uninstall is
 * not read meanwhile: everything stays, across a crash of the agents too. The agents go on as soon
 * as they are authorised again.
 *
 * <p>Takes a minute and more: watches are retried with growing pauses.
 */
@RequiresKubernetes(own = true)
@RequiresTool({"wg", "ping", "nft", "curl"})
@ConcurrentClass
final class RefusedByTheApiServerTest extends OnHosts {
  RefusedByTheApiServerTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.build();
    mesh.awaitPing("node-a", "10.70.0.2");
    for (var node : mesh.nodes()) {
      awaitWatching(node);
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(AgentTestCluster.condition(cluster.meshNode("home", node), "Ready"))
                  .as(mesh.agent(node).lastLines(20))
                  .isEqualTo("True Ready"));
      await()
          .alias("what a restart needs is on the disk")
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(traces().get(node + " files"))
                  .contains("home.mesh.json", "home.keys.json", "home.endpoints.json"));
    }
  }

  @AfterAll
  void withdrawRequest() {
    mark().delete();
  }

  @Test
  void forbiddenRemovesNothing() throws Exception {
    var before = settledTraces();
    cluster.chart().takeAgentsTheirRights();
    everythingStays(HttpURLConnection.HTTP_FORBIDDEN, before);

    cluster.chart().giveAgentsTheirRights();
    agentsGoOn("after-forbidden", "10.70.1.1");
  }

  @Test
  void unauthorizedRemovesNothing() throws Exception {
    var before = settledTraces();
    cluster.chart().forgetAgents();
    everythingStays(HttpURLConnection.HTTP_UNAUTHORIZED, before);

    cluster.chart().giveAgentsTheirRights();
    for (var node : mesh.nodes()) {
      mesh.writeKubeconfig(node);
    }
    agentsGoOn("after-unauthorized", "10.70.1.2");
  }

  private void everythingStays(int answer, Map<String, String> before) throws Exception {
    for (var node : mesh.nodes()) {
      awaitAnswer(node, answer);
    }
    // Watches that were open before would go on for minutes.
    mesh.stopApi();
    mesh.startApi();
    mark().create();
    // Long enough for several attempts of every watch.
    await()
        .during(Duration.ofSeconds(15))
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(traces()).isEqualTo(before));
    mesh.awaitPing("node-a", "10.70.0.2");
    assertThat(
            mesh.host("node-a")
                .command("ping", "-n", "-q", "-i", "0.1", "-c", "100", "-W", "5", "10.70.0.2")
                .withTimeout(PATIENCE)
                .run()
                .output())
        .contains("100 packets transmitted, 100 received");

    for (var node : mesh.nodes()) {
      mesh.agent(node).kill();
      mesh.startAgent(node);
    }
    for (var node : mesh.nodes()) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(mesh.log(node)).contains("The API server does not answer"));
    }
    // A crash forgets the sessions, so this is a new handshake with the keys that are remembered.
    mesh.awaitPing("node-b", "10.70.0.1");
    mesh.awaitPing("node-a", "fd70::2");
    await().atMost(PATIENCE).untilAsserted(() -> assertThat(traces()).isEqualTo(before));
    assertThat(mark().get().getData()).doesNotContainKeys("node-a", "node-b");
    mark().delete();
  }

  private void awaitAnswer(String node, int code) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThatThrownBy(() -> mesh.listMeshNodesAsAgentOf(node))
                .isInstanceOfSatisfying(
                    KubernetesClientException.class,
                    refusal -> assertThat(refusal.getCode()).isEqualTo(code)));
  }

  private void agentsGoOn(String peer, String address) {
    for (var node : mesh.nodes()) {
      awaitWatching(node);
    }
    cluster.peer("home", peer, newKey(), address, "node-a");
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host("node-a").exec("wg", "show", "wg-home", "allowed-ips"))
                .as(mesh.agent("node-a").lastLines(20))
                .contains(address + "/32"));
    cluster.delete(cluster.peer(peer));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.host("node-a").exec("wg", "show", "wg-home", "allowed-ips"))
                .doesNotContain(address + "/32"));
    mesh.awaitPing("node-a", "10.70.0.2");
  }

  private void awaitWatching(String node) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(mesh.metrics(node).lines())
                .as(mesh.agent(node).lastLines(20))
                .filteredOn(line -> line.startsWith("wiremesh_informer_watching{"))
                .hasSize(3)
                .allMatch(line -> line.endsWith(" 1.0")));
  }

  /** The same, once the agents write no more files. */
  private Map<String, String> settledTraces() {
    var last = new AtomicReference<>(traces());
    await()
        .atMost(PATIENCE)
        .pollInterval(Duration.ofSeconds(3))
        .until(() -> {
          var now = traces();
          return now.equals(last.getAndSet(now));
        });
    return last.get();
  }

  /** The configuration that an agent made on its node, and would remove. */
  private Map<String, String> traces() {
    var traces = new TreeMap<String, String>();
    for (var node : mesh.nodes()) {
      var host = mesh.host(node);
      // Without what changes by itself: the state after the name, and the flags of addresses.
      var addresses = host.ip("-brief", "address", "show", "wg-home").split("\\s+", 3);
      traces.put(node + " addresses", addresses[0] + " " + addresses[2]);
      for (var family : List.of("-4", "-6")) {
        traces.put(node + " rules " + family, host.ip(family, "rule"));
        traces.put(node + " routes " + family, host.ip(family, "route", "show", "table", "51900"));
      }
      traces.put(node + " nft", host.exec("nft", "list", "ruleset"));
      var files = host.exec("find", "/var/lib/wiremesh", "-type", "f", "!", "-name", "*.new");
      traces.put(node + " files", files.lines().sorted().collect(joining(" ")));
    }
    return traces;
  }

  private Resource<ConfigMap> mark() {
    return cluster
        .client()
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(AgentTestCluster.NAMESPACE)
                .withName(UninstallRequest.NAME)
                .endMetadata()
                .withData(UninstallRequest.askingUntil(Instant.now().plus(Duration.ofHours(1))))
                .build());
  }

  private static PublicKey newKey() {
    return PrivateKey.generate(new SecureRandom()).publicKey();
  }
}
