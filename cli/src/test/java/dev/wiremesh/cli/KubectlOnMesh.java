package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.contract.SecretKeys;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.utils.Serialization;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mesh of API objects that no program looks after, on a real API server, and the commands against
 * it with an administrator's rights.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class KubectlOnMesh {
  static final String NAMESPACE = "kubectl-test";
  static final Duration PATIENCE = Duration.ofSeconds(90);

  private static final String ELSEWHERE = "kubectl-test-elsewhere";
  private static final Path CRDS = Path.of("../helm/wiremesh/crds");

  final ControlPlane controlPlane;
  final KubernetesClient admin;
  private final List<HasMetadata> created = new ArrayList<>();
  @TempDir Path folder;

  KubectlOnMesh(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    this.admin =
        new KubernetesClientBuilder()
            .withConfig(Config.fromKubeconfig(controlPlane.adminKubeconfig()))
            .build();
  }

  @BeforeAll
  void createObjects() throws IOException {
    namespace(NAMESPACE);
    namespace(ELSEWHERE);
    installKinds();
    network(
        """
        status:
          observedGeneration: 1
          nodes: {total: 1, ready: 1}
          peers: {total: 3, connected: 1}
          pools: [{name: v4, capacity: "65534", free: "65530"}]
          conditions:
          - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
    node();
    peer(NAMESPACE, "office", published("office", "site-router"));
    secret("office", Corpus.named("site-router").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "long", "");
    secret("long", Corpus.named("full-tunnel-cut-ipv6").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "brought", "");
    secret("brought", Corpus.named("public-key-only").configuration(), SecretNames.PEER_TYPE);
    peer(NAMESPACE, "foreign", "");
    secret("foreign", "hello", "Opaque");
    peer(NAMESPACE, "young", "");
    peer(
        NAMESPACE,
        "refused",
        """
        status:
          observedGeneration: 1
          conditions:
          - {type: Accepted, status: "True", reason: Accepted, message: ok, lastTransitionTime: "2026-01-01T00:00:00Z"}
          - {type: AddressAllocated, status: "False", reason: AddressInUse, message: 10.70.0.7 belongs to Peer a/b., lastTransitionTime: "2026-01-01T00:00:00Z"}
          - {type: Ready, status: "False", reason: AddressInUse, message: 10.70.0.7 belongs to Peer a/b., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
    peer(ELSEWHERE, "tablet", "");
    peer(NAMESPACE, "home", "");
  }

  @AfterAll
  void removeObjects() {
    created.reversed().forEach(it -> admin.resource(it).delete());
    admin.close();
  }

  final Result run(String... words) {
    return runWith(controlPlane.adminKubeconfigFile(), words);
  }

  static Result runWith(Path kubeconfig, String... words) {
    var all = new ArrayList<>(List.of(words));
    all.addAll(List.of("--kubeconfig", kubeconfig.toString(), "-n", NAMESPACE));
    var out = new StringWriter();
    var err = new StringWriter();
    int status = KubectlMain.execute(all, new PrintWriter(out, true), new PrintWriter(err, true));
    return new Result(status, out.toString(), err.toString());
  }

  /** Exit status, standard output and standard error of a command. */
  record Result(int status, String output, String errors) {}

  private void namespace(String name) {
    create(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build());
  }

  private void installKinds() throws IOException {
    try (var files = Files.list(CRDS)) {
      for (var file : files.sorted().toList()) {
        try (var text = Files.newInputStream(file)) {
          admin.load(text).items().forEach(it -> admin.resource(it).serverSideApply());
        }
      }
    }
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(admin.resources(Peer.class).list()).isNotNull();
          assertThat(admin.resources(MeshNode.class).list()).isNotNull();
          assertThat(admin.resources(WireGuardNetwork.class).list()).isNotNull();
        });
  }

  private void network(String status) {
    createWithStatus(
        WireGuardNetwork.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: WireGuardNetwork
        metadata: {name: home}
        spec:
          addressPools: [{name: v4, cidr: 10.70.0.0/16}]
        """
            + status);
  }

  private void node() {
    createWithStatus(
        MeshNode.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: MeshNode
        metadata: {name: home.n1}
        spec:
          networkRef: {name: home}
          nodeName: n1
          addresses: [10.70.0.1]
          endpoints: [{host: 203.0.113.5, port: 51900}]
          gateway: true
        status:
          peers: {total: 3, connected: 1}
          conditions:
          - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
        """);
  }

  private void peer(String namespace, String name, String statusOrSpec) {
    createWithStatus(
        Peer.class,
        """
        apiVersion: wiremesh.dev/v1alpha1
        kind: Peer
        metadata: {name: %s, namespace: %s}
        """
                .formatted(name, namespace)
            + (statusOrSpec.startsWith("spec:")
                ? statusOrSpec
                : "spec: {networkRef: {name: home}}\n" + statusOrSpec));
  }

  private static String published(String name, String corpus) {
    var peer = Corpus.named(corpus).peer();
    assertThat(peer.getSpec().routes).as(name).isNotEmpty();
    return """
    spec:
      networkRef: {name: home}
      routes: [{cidr: 192.168.200.0/24}, {cidr: 192.168.4.0/24, masquerade: true}, {cidr: 10.96.0.0/24}]
    status:
      observedGeneration: 1
      addresses: [10.70.0.5]
      connectivity: {state: Stale, gateway: n1, lastHandshakeTime: "2026-01-01T00:00:00Z"}
      routes:
      - {cidr: 192.168.200.0/24, state: Conflict, message: Peer default/office brings it.}
      - {cidr: 192.168.4.0/24, state: Accepted}
      - {cidr: 10.96.0.0/24, state: Rejected, message: It is the cluster's.}
      conditions:
      - {type: Connected, status: "False", reason: HandshakeStale, message: too old, lastTransitionTime: "2026-01-01T00:00:00Z"}
      - {type: Ready, status: "True", reason: Ready, message: All is well., lastTransitionTime: "2026-01-01T00:00:00Z"}
    """;
  }

  private void secret(String peer, String configuration, String type) {
    create(
        new SecretBuilder()
            .withNewMetadata()
            .withName(SecretNames.peer(peer))
            .withNamespace(NAMESPACE)
            .endMetadata()
            .withType(type)
            .withData(
                Map.of(
                    SecretKeys.WG_QUICK_CONF,
                    Base64.getEncoder()
                        .encodeToString(configuration.getBytes(StandardCharsets.UTF_8))))
            .build());
  }

  private <T extends CustomResource<?, ?>> void createWithStatus(Class<T> type, String yaml) {
    var object = Objects.requireNonNull(Serialization.unmarshal(yaml, type));
    create(object);
    admin.resource(object).patchStatus();
  }

  private void create(HasMetadata object) {
    admin.resource(object).serverSideApply();
    created.add(object);
  }
}
