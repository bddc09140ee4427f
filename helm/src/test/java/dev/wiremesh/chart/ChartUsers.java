package dev.wiremesh.chart;

import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.GenericKubernetesResource;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Clients with the rights of administrator, operator and agents, for a cluster with the chart. */
final class ChartUsers implements AutoCloseable {
  static final String NAMESPACE = "wiremesh-system";
  static final String API = "wiremesh.dev/v1alpha1";

  private final ControlPlane controlPlane;
  private final KubernetesClient admin;

  ChartUsers(ControlPlane controlPlane) {
    this.controlPlane = controlPlane;
    this.admin = client(controlPlane.adminKubeconfig());
  }

  KubernetesClient admin() {
    return admin;
  }

  static void lease(KubernetesClient agent, String name, String node) {
    agent
        .resource(
            new LeaseBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .addToLabels("wiremesh.dev/gateway", node)
                .endMetadata()
                .withNewSpec()
                .withHolderIdentity(node)
                .endSpec()
                .build())
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("agent")
                .withForce(true)
                .build());
  }

  static Resource<ConfigMap> mark(KubernetesClient client) {
    return client.configMaps().inNamespace(NAMESPACE).withName("wiremesh-uninstall");
  }

  static ConfigMap line(KubernetesClient client, String key, String text) {
    return line(client, "wiremesh-uninstall", key, text);
  }

  static ConfigMap line(KubernetesClient client, String name, String key, String text) {
    return client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .addToData(key, text)
                .build())
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("client-" + client.hashCode())
                .withForce(true)
                .build());
  }

  void peer(String peer, String gateway) {
    var object = object("Peer", peer);
    object.setAdditionalProperty("spec", Map.of("networkRef", name("home")));
    admin.genericKubernetesResources(API, "Peer").inNamespace("default").resource(object).create();
    status(
        admin,
        "Peer",
        peer,
        Map.of(
            "addresses", List.of("10.70.0.2"),
            "homeGateway", gateway,
            "conditions", List.of(condition("Ready", "False"))));
  }

  void connected(KubernetesClient client, String peer) {
    status(
        client,
        "Peer",
        peer,
        Map.of(
            "connectivity", Map.of("state", "Connected", "gateway", "n1"),
            "conditions", List.of(condition("Connected", "True"))));
  }

  static Map<String, Object> condition(String type, String status) {
    return Map.of(
        "type", type,
        "status", status,
        "reason", "HandshakeFresh",
        "message", "A handshake was completed.",
        "lastTransitionTime", "2026-01-01T00:00:00Z");
  }

  private static Map<String, String> name(String name) {
    return Map.of("name", name);
  }

  void meshNode(String node) {
    var object = object("MeshNode", "home." + node);
    object.setAdditionalProperty("spec", Map.of("networkRef", name("home"), "nodeName", node));
    admin.genericKubernetesResources(API, "MeshNode").resource(object).create();
  }

  /** Server-side apply of a status, as operator and agents do it. */
  void status(KubernetesClient client, String kind, String name, Map<String, Object> status) {
    var object = object(kind, name);
    object.setAdditionalProperty("status", status);
    var resources = client.genericKubernetesResources(API, kind);
    var resource =
        kind.equals("Peer")
            ? resources.inNamespace("default").withName(name)
            : resources.withName(name);
    resource
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(client.equals(admin) ? "operator" : "agent")
                .withForce(true)
                .build(),
            object);
  }

  private static GenericKubernetesResource object(String kind, String name) {
    var object = new GenericKubernetesResource();
    object.setApiVersion(API);
    object.setKind(kind);
    object.setMetadata(new ObjectMetaBuilder().withName(name).build());
    return object;
  }

  KubernetesClient agentOf(String node) {
    return client(
        controlPlane.kubeconfigFor(
            controlPlane.requestTokenBoundToNode(
                NAMESPACE, "wiremesh-agent", Duration.ofMinutes(10), node)));
  }

  private static KubernetesClient client(String kubeconfig) {
    return new KubernetesClientBuilder().withConfig(Config.fromKubeconfig(kubeconfig)).build();
  }

  KubernetesClient agentWithoutNode() {
    return serviceAccount("wiremesh-agent");
  }

  /** Such as the job of a hook. */
  KubernetesClient serviceAccount(String name) {
    return client(
        controlPlane.kubeconfigFor(
            controlPlane.requestToken(NAMESPACE, name, Duration.ofMinutes(10))));
  }

  @Override
  public void close() {
    admin.close();
  }
}
