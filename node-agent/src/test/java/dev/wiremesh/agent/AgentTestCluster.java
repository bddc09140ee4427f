package dev.wiremesh.agent;

import dev.wiremesh.api.ObjectNames;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.Advertised;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A real API server where this writes what the operator would. */
final class AgentTestCluster implements AutoCloseable {
  static final String NAMESPACE = "wiremesh-system";

  private final ControlPlane controlPlane;
  private final KubernetesClient client;
  private final InstalledChart chart;
  private final SecureRandom random = new SecureRandom();

  AgentTestCluster(ControlPlane controlPlane) throws IOException {
    this.controlPlane = controlPlane;
    var config = Config.fromKubeconfig(controlPlane.adminKubeconfig());
    client = new KubernetesClientBuilder().withConfig(config).build();
    chart = new InstalledChart(controlPlane, client);
  }

  /** The chart's objects for the agents: CRDs, rights, admission policies. */
  InstalledChart chart() {
    return chart;
  }

  KubernetesClient client() {
    return client;
  }

  /** A kubeconfig of the agent of a node, as its pod would have it. */
  String agentKubeconfig(String node, String server) {
    client
        .resource(new NodeBuilder().withNewMetadata().withName(node).endMetadata().build())
        .serverSideApply();
    var token =
        controlPlane.requestTokenBoundToNode(
            NAMESPACE, "wiremesh-agent", Duration.ofHours(1), node);
    return controlPlane.kubeconfigFor(token, server);
  }

  /** A network with its secrets; returns the gateways' public key. */
  PublicKey network(String name, int port) {
    var gateway = secretKey("wiremesh-gateway-" + name);
    secret(
        "wiremesh-network-" + name,
        Map.of("presharedKeySeed", PresharedKeySeed.generate(random).toBase64()));
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    for (var cidr : List.of("10.70.0.0/16", "fd70::/64")) {
      var pool = new WireGuardNetworkSpec.AddressPool();
      pool.name = cidr.contains(":") ? "v6" : "v4";
      pool.cidr = cidr;
      network.getSpec().addressPools.add(pool);
    }
    client.resource(network).create();
    var effective = new WireGuardNetworkStatus.Effective();
    effective.listenPort = port;
    effective.interfaceName = "wg-" + name;
    effective.routingTable = port;
    effective.rulePriority = 5_000;
    var chosen = new WireGuardNetwork();
    chosen.setMetadata(new ObjectMetaBuilder().withName(name).build());
    chosen.getStatus().effective = effective;
    chosen.getStatus().gatewayPublicKey = gateway.publicKey().toString();
    applyStatus(chosen);
    return gateway.publicKey();
  }

  void meshNode(String network, String node, boolean gateway, String underlay, int number) {
    meshNode(network, node, gateway, List.of(underlay), number);
  }

  /**
   * A MeshNode whose agent may start.
   *
   * @param underlay its InternalIPs
   * @param number the last part of its addresses
   */
  void meshNode(String network, String node, boolean gateway, List<String> underlay, int number) {
    var name = meshNodeName(network, node);
    var keySecret = ObjectNames.fitting("wiremesh-node-" + name, ObjectNames.LONGEST_NAME);
    secretKey(keySecret);
    var meshNode = new MeshNode();
    meshNode.setMetadata(new ObjectMetaBuilder().withName(name).build());
    meshNode.getSpec().networkRef = new NetworkReference(network);
    meshNode.getSpec().nodeName = node;
    meshNode.getSpec().addresses = List.of("10.70.0." + number, "fd70::" + number);
    meshNode.getSpec().endpoints =
        underlay.stream().map(host -> new MeshNodeEndpoint(host, port(network))).toList();
    meshNode.getSpec().gateway = gateway;
    meshNode.getSpec().keySecret = keySecret;
    client.resource(meshNode).create();
  }

  private static String meshNodeName(String network, String node) {
    return ObjectNames.fitting(network + "." + node, ObjectNames.LONGEST_NAME);
  }

  /** Pods, Services and nodes are advertised, and these are they. */
  void advertise(String network, String... cidrs) {
    var networks = client.resources(WireGuardNetwork.class).withName(network);
    networks.edit(one -> {
      var nodes = new WireGuardNetworkSpec.Nodes();
      nodes.advertise = List.of(Advertised.values());
      one.getSpec().nodes = nodes;
      return one;
    });
    networks.editStatus(one -> {
      var effective = one.getStatus().effective;
      if (effective == null) {
        throw new IllegalStateException("network " + network + " is not in force");
      }
      effective.advertisedCIDRs = List.of(cidrs);
      return one;
    });
  }

  void pods(String network, String node, String cidr) {
    editNode(network, node, spec -> spec.podCIDRs = List.of(cidr));
  }

  void editNode(String network, String node, Consumer<MeshNodeSpec> change) {
    client
        .resources(MeshNode.class)
        .withName(network + "." + node)
        .edit(one -> {
          change.accept(one.getSpec());
          return one;
        });
  }

  void topology(String network, WireGuardNetworkSpec.Topology topology) {
    client
        .resources(WireGuardNetwork.class)
        .withName(network)
        .edit(one -> {
          one.getSpec().gateways = new WireGuardNetworkSpec.Gateways();
          one.getSpec().topology = topology;
          return one;
        });
  }

  private int port(String network) {
    var effective =
        client.resources(WireGuardNetwork.class).withName(network).get().getStatus().effective;
    if (effective == null || effective.listenPort == null) {
      throw new IllegalStateException("network " + network + " has no port");
    }
    return effective.listenPort;
  }

  /** A Peer with the operator's part of its status. */
  void peer(String network, String name, PublicKey key, String address, String home) {
    var peer = new Peer();
    peer.setMetadata(new ObjectMetaBuilder().withNamespace("default").withName(name).build());
    peer.getSpec().networkRef = new NetworkReference(network);
    peer.getSpec().publicKey = key.toString();
    peer.getSpec().presharedKey = PeerSpec.PresharedKey.NONE;
    client.resource(peer).create();
    var chosen = new Peer();
    chosen.setMetadata(peer.getMetadata());
    chosen.getStatus().addresses = List.of(address);
    chosen.getStatus().publicKey = key.toString();
    chosen.getStatus().homeGateway = home;
    applyStatus(chosen);
  }

  /** A masqueraded route of a Peer that belongs to a group, with the operator's decision. */
  void groupRoute(String peer, String cidr, String group, PeerStatus.RouteState state) {
    var one = client.resources(Peer.class).inNamespace("default").withName(peer);
    one.edit(it -> {
      var route = new PeerSpec.Route();
      route.cidr = cidr;
      route.group = group;
      route.masquerade = true;
      it.getSpec().routes = List.of(route);
      return it;
    });
    one.editStatus(it -> {
      var decision = new PeerStatus.RouteStatus();
      decision.cidr = cidr;
      decision.state = state;
      it.getStatus().routes = List.of(decision);
      return it;
    });
  }

  /** Makes a node a gateway, and the home of a Peer. */
  void moveHome(String peer, String node) {
    client
        .resources(MeshNode.class)
        .withName("home." + node)
        .edit(one -> {
          one.getSpec().gateway = true;
          return one;
        });
    client
        .resources(Peer.class)
        .inNamespace("default")
        .withName(peer)
        .editStatus(one -> {
          one.getStatus().homeGateway = node;
          return one;
        });
  }

  @SuppressWarnings("NullAway") // An apply of a status says nothing at all about the spec.
  private void applyStatus(CustomResource<?, ?> object) {
    object.setSpec(null);
    client
        .resource(object)
        .subresource("status")
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager("wiremesh-operator")
                .build());
  }

  private PrivateKey secretKey(String name) {
    var key = PrivateKey.generate(random);
    secret(name, Map.of("privateKey", key.toBase64(), "publicKey", key.publicKey().toString()));
    return key;
  }

  private void secret(String name, Map<String, String> entries) {
    client
        .resource(
            new SecretBuilder()
                .withNewMetadata()
                .withNamespace(NAMESPACE)
                .withName(name)
                .endMetadata()
                .withStringData(entries)
                .build())
        .create();
  }

  MeshNode meshNode(String network, String node) {
    return client.resources(MeshNode.class).withName(meshNodeName(network, node)).get();
  }

  Peer peer(String name) {
    return client.resources(Peer.class).inNamespace("default").withName(name).get();
  }

  /** The status of a condition, empty if there is none. */
  static String condition(MeshNode node, String type) {
    return node.getStatus().conditions.stream()
        .filter(condition -> condition.getType().equals(type))
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .findFirst()
        .orElse("");
  }

  void delete(HasMetadata object) {
    client.resource(object).delete();
  }

  @Override
  public void close() {
    client.resources(Peer.class).inAnyNamespace().delete();
    client.resources(MeshNode.class).delete();
    client.resources(WireGuardNetwork.class).delete();
    client.secrets().inNamespace(NAMESPACE).delete();
    client.leases().inNamespace(NAMESPACE).delete();
    client.close();
  }
}
