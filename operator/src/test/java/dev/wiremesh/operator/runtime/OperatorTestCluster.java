package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.kubernetes.FaultProxy;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.HttpResponse;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A cluster with the CRDs, the operator's namespace and its rights as they are shipped; and the
 * words that tests speak to it. Removes what was made through it.
 */
final class OperatorTestCluster implements AutoCloseable {
  static final String NAMESPACE = "wiremesh-system";
  static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);

  private final ControlPlane controlPlane;
  private final KubernetesClient admin;
  private final List<Runnable> undo = new CopyOnWriteArrayList<>();
  private final List<String> forbidden = new CopyOnWriteArrayList<>();
  private final List<AutoCloseable> operators = new CopyOnWriteArrayList<>();

  OperatorTestCluster(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    admin = new KubernetesClientBuilder().withConfig(config).build();
    apply(Path.of("../helm/wiremesh/crds"));
    await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(admin.resources(Peer.class).list()).isNotNull());
    admin
        .resource(
            new NamespaceBuilder().withNewMetadata().withName(NAMESPACE).endMetadata().build())
        .serverSideApply();
    apply(Path.of("../helm/wiremesh/files/rbac"));
  }

  /** Applies the manifests of a folder and removes them at the end. */
  void applyForTest(Path folder) throws IOException {
    apply(folder, object -> undo.addFirst(() -> admin.resource(object).delete()));
  }

  private void apply(Path folder) throws IOException {
    apply(folder, object -> {});
  }

  private void apply(Path folder, Consumer<HasMetadata> applied) throws IOException {
    try (var files = Files.list(folder)) {
      for (var file : files.sorted().toList()) {
        try (var text = Files.newInputStream(file)) {
          for (var object : admin.load(text).items()) {
            admin.resource(object).serverSideApply();
            applied.accept(object);
          }
        }
      }
    }
  }

  KubernetesClient admin() {
    return admin;
  }

  /** A kubeconfig (its text) with the operator's own rights. */
  String operatorKubeconfig() {
    return operatorKubeconfig(controlPlane.server());
  }

  private String operatorKubeconfig(String server) {
    return controlPlane.kubeconfigFor(
        controlPlane.requestToken(NAMESPACE, "wiremesh-operator", Duration.ofHours(2)), server);
  }

  /** A client with the operator's own rights, which remembers what it was forbidden. */
  KubernetesClient operatorClient() {
    return operatorClient(controlPlane.server(), new Interceptor() {});
  }

  /** The same by way of a proxy. */
  KubernetesClient operatorClient(FaultProxy proxy) throws IOException {
    return operatorClient(proxy.url(), new Interceptor() {});
  }

  /** The same with an interceptor of its requests. */
  KubernetesClient operatorClient(Interceptor interceptor) {
    return operatorClient(controlPlane.server(), interceptor);
  }

  private KubernetesClient operatorClient(String server, Interceptor interceptor) {
    return new KubernetesClientBuilder()
        .withConfig(Config.fromKubeconfig(operatorKubeconfig(server)))
        .withHttpClientBuilderConsumer(builder ->
            builder
                .addOrReplaceInterceptor("of the test", interceptor)
                .addOrReplaceInterceptor(
                    "forbidden",
                    new Interceptor() {
                      @Override
                      public void after(
                          HttpRequest request,
                          HttpResponse<?> response,
                          AsyncBody.Consumer<List<java.nio.ByteBuffer>> consumer) {
                        if (response.code() == 403) {
                          forbidden.add(request.method() + " " + request.uri());
                        }
                      }
                    }))
        .build();
  }

  /** Starts an operator that reconciles nothing without a cause. It is closed with the cluster. */
  OperatorRuntime start(String name, KubernetesClient client) throws Exception {
    return start(name, client, Duration.ofMinutes(10), Clock.systemUTC());
  }

  /**
   * The same with a patience for silent agents, and a clock. It leads, whether or not another one
   * does.
   */
  OperatorRuntime start(
      String name, KubernetesClient client, Duration agentSilentAfter, Clock clock)
      throws Exception {
    operators.addFirst(client::close);
    var operator =
        OperatorRuntime.start(
            client,
            new OperatorConfig(
                NAMESPACE, new InetSocketAddress("127.0.0.1", 0), false, name, agentSilentAfter),
            Duration.ofHours(10),
            clock,
            () -> {});
    operators.addFirst(operator);
    return operator;
  }

  /** Closes the operators and their clients. */
  private void stop() {
    for (var operator : operators) {
      try {
        operator.close();
      } catch (Exception e) {
        throw new IllegalStateException("cannot stop an operator", e);
      }
    }
  }

  /** The requests of the operator that were denied. */
  List<String> forbidden() {
    return List.copyOf(forbidden);
  }

  void namespace(String name) {
    admin
        .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
        .serverSideApply();
    undo.addFirst(() -> admin.namespaces().withName(name).delete());
  }

  void node(String name, String network, String internalIp, String... externalIps) {
    var addresses = new ArrayList<>(List.of(address("InternalIP", internalIp)));
    for (var externalIp : externalIps) {
      addresses.add(address("ExternalIP", externalIp));
    }
    var node =
        new NodeBuilder()
            .withNewMetadata()
            .withName(name)
            .addToLabels("test-network", network)
            .endMetadata()
            .build();
    admin.resource(node).create();
    admin
        .nodes()
        .withName(name)
        .subresource("status")
        .patch(MERGE, "{\"status\":{\"addresses\":[%s]}}".formatted(String.join(",", addresses)));
    undo.addFirst(() -> admin.nodes().withName(name).delete());
  }

  private static String address(String type, String address) {
    return "{\"type\":\"%s\",\"address\":\"%s\"}".formatted(type, address);
  }

  /** A network that takes the nodes made for it, all of them gateways. */
  void network(String name, String cidr, Consumer<WireGuardNetworkSpec> more) {
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    var spec = network.getSpec();
    var pool = new WireGuardNetworkSpec.AddressPool();
    pool.name = "v4";
    pool.cidr = cidr;
    spec.addressPools.add(pool);
    spec.nodes = new WireGuardNetworkSpec.Nodes();
    spec.nodes.selector = new LabelSelectorBuilder().addToMatchLabels("test-network", name).build();
    spec.gateways = new WireGuardNetworkSpec.Gateways();
    spec.gateways.selector = new LabelSelectorBuilder().build();
    more.accept(spec);
    network.setStatus(null);
    admin.resource(network).create();
    undo.addFirst(() -> admin.resources(WireGuardNetwork.class).withName(name).delete());
  }

  void editNetwork(String name, Consumer<WireGuardNetworkSpec> change) {
    untilNoConflict(() ->
        admin
            .resources(WireGuardNetwork.class)
            .withName(name)
            .edit(network -> {
              change.accept(network.getSpec());
              return network;
            }));
  }

  /** Repeats a change as long as the operator writes the object's status meanwhile. */
  private static void untilNoConflict(Runnable change) {
    await()
        .atMost(PATIENCE)
        .until(() -> {
          change.run();
          return true;
        });
  }

  Peer peer(String namespace, String name, String network, Consumer<Peer> more) {
    var peer = new Peer();
    peer.setMetadata(new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
    peer.getSpec().networkRef = new NetworkReference(network);
    more.accept(peer);
    peer.setStatus(null);
    undo.addFirst(() -> deletePeer(namespace, name));
    return admin.resource(peer).create();
  }

  void deletePeer(String namespace, String name) {
    admin.resources(Peer.class).inNamespace(namespace).withName(name).delete();
  }

  void editPeer(String namespace, String name, Consumer<Peer> change) {
    untilNoConflict(() ->
        admin
            .resources(Peer.class)
            .inNamespace(namespace)
            .withName(name)
            .edit(peer -> {
              change.accept(peer);
              return peer;
            }));
  }

  Peer peer(String namespace, String name) {
    return admin.resources(Peer.class).inNamespace(namespace).withName(name).get();
  }

  WireGuardNetwork network(String name) {
    return admin.resources(WireGuardNetwork.class).withName(name).get();
  }

  List<MeshNode> meshNodes(String network) {
    return admin.resources(MeshNode.class).list().getItems().stream()
        .filter(node -> node.getSpec().networkRef.name.equals(network))
        .toList();
  }

  List<IPAllocation> allocations(String network) {
    return admin.resources(IPAllocation.class).list().getItems().stream()
        .filter(it -> it.getSpec().network.equals(network))
        .toList();
  }

  Optional<Secret> secret(String namespace, String name) {
    return Optional.ofNullable(admin.secrets().inNamespace(namespace).withName(name).get());
  }

  String text(String namespace, String secret, String key) {
    return new String(
        Base64.getDecoder().decode(secret(namespace, secret).orElseThrow().getData().get(key)),
        StandardCharsets.UTF_8);
  }

  String configuration(String namespace, String peer) {
    return text(namespace, peer + "-wiremesh", "wg-quick.conf");
  }

  Optional<Condition> condition(String namespace, String peer, String type) {
    return peer(namespace, peer).getStatus().conditions.stream()
        .filter(condition -> condition.getType().equals(type))
        .findFirst();
  }

  void awaitReason(String namespace, String peer, String type, String reason) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(condition(namespace, peer, type))
                .get()
                .extracting(Condition::getReason)
                .isEqualTo(reason));
  }

  String message(String namespace, String peer, String type) {
    return condition(namespace, peer, type).orElseThrow().getMessage();
  }

  /** Waits until the peer's configuration is published. */
  void awaitPublished(String namespace, String peer) {
    awaitReason(namespace, peer, "ConfigPublished", "Published");
  }

  /** Lets a node take part in a network, or, with null, in none. */
  void label(String node, @Nullable String network) {
    admin
        .nodes()
        .withName(node)
        .patch(
            MERGE,
            "{\"metadata\":{\"labels\":{\"test-network\":%s}}}"
                .formatted(network == null ? "null" : '"' + network + '"'));
  }

  /** Says what an agent says when all is programmed. */
  void agentsReady(String network) {
    meshNodes(network).forEach(this::agentReady);
  }

  /** The same of one node's agent. */
  void agentReady(String network, String node) {
    meshNodes(network).stream()
        .filter(one -> one.getSpec().nodeName.equals(node))
        .forEach(this::agentReady);
  }

  private void agentReady(MeshNode node) {
    var report = new MeshNode();
    report.setMetadata(new ObjectMetaBuilder().withName(node.getMetadata().getName()).build());
    report.setSpec(null);
    report.getStatus().conditions =
        List.of(
            ConditionDraft.of(Reason.NODE_DEVICE_READY, "The device is up.")
                .since(Instant.now(), node.getMetadata().getGeneration()),
            ConditionDraft.of(Reason.NODE_READY, "All is programmed.")
                .since(Instant.now(), node.getMetadata().getGeneration()));
    admin
        .resource(report)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(FieldManagers.AGENT)
                .withForce(true)
                .build());
  }

  @Override
  public void close() {
    stop();
    undo.forEach(Runnable::run);
    admin.close();
  }
}
