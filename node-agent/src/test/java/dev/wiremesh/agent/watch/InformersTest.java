package dev.wiremesh.agent.watch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The agent's watches against a real API server that serves Peers of a newer version. */
@RequiresKubernetes
final class InformersTest {
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** More Peers than one answer of the API server has. */
  private static final int FAT_PEERS = 60;

  private final KubernetesClient client;

  InformersTest(ControlPlane controlPlane) {
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
  }

  @Test
  void newerAndFatPeersArriveReadableAndTrimmed() throws IOException {
    try (client) {
      apply("wireguardnetworks.yaml", "", "");
      apply("meshnodes.yaml", "", "");
      apply("peers.yaml", "- Network\n", "- Network\n                - PostQuantum\n");
      create("listed-enum", "presharedKey: PostQuantum", "");
      create("listed-field", "rateLimit: {up: 10M}", "");
      for (int i = 0; i < FAT_PEERS; i++) {
        create("fat-" + i, "suspended: false", "x".repeat(200_000));
      }
      try (var informers = new Informers(client, "default", () -> {})) {
        await().atMost(PATIENCE).until(informers::synced);
        assertThat(informers.peers()).hasSize(FAT_PEERS + 2);
        assertThat(unreadable(informers)).isEqualTo("listed-enum");
        assertThat(informers.peers())
            .allSatisfy(peer -> {
              assertThat(peer.getMetadata().getAnnotations()).isNullOrEmpty();
              assertThat(peer.getMetadata().getManagedFields()).isNullOrEmpty();
            });

        create("watched-enum", "presharedKey: PostQuantum", "");
        create("watched-field", "expiresIn: 3", "");
        create("watched-good", "suspended: true", "");
        await()
            .atMost(PATIENCE)
            .untilAsserted(() -> assertThat(informers.peers()).hasSize(FAT_PEERS + 5));
        assertThat(unreadable(informers)).isEqualTo("listed-enum watched-enum");
        assertThat(requireNonNull(informers.watching().get("Peer")).getAsBoolean()).isTrue();
      } finally {
        client.resources(Peer.class).inNamespace("default").delete();
        apply("peers.yaml", "", "");
      }
    }
  }

  private static String unreadable(Informers informers) {
    return informers.peers().stream()
        .filter(peer -> peer.readProblems().isUnreadable())
        .map(peer -> peer.getMetadata().getName())
        .sorted()
        .collect(Collectors.joining(" "));
  }

  private void apply(String file, String after, String replacement) throws IOException {
    var shipped = Files.readString(CRDS.resolve(file));
    var newer =
        after.isEmpty()
            ? shipped
            : shipped
                .replace(after, replacement)
                .replace(
                    "          spec:\n",
                    "          spec:\n            x-kubernetes-preserve-unknown-fields: true\n");
    client.resource(parse(newer)).forceConflicts().serverSideApply();
  }

  /** The API server serves a new schema a moment after it took it. */
  private void create(String name, String more, String annotation) {
    var peer =
        parse(
            """
            {apiVersion: wiremesh.dev/v1alpha1, kind: Peer,
             metadata: {name: %s, namespace: default, annotations: {note: '%s'}},
             spec: {networkRef: {name: home}, %s}}\
            """
                .formatted(name, annotation, more));
    await().atMost(PATIENCE).untilAsserted(() -> client.resource(peer).create());
  }

  private static GenericKubernetesResource parse(String yaml) {
    return Serialization.unmarshal("---\n" + yaml, GenericKubernetesResource.class);
  }
}
