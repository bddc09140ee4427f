package dev.wiremesh.lab.torture;

import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.net.HttpURLConnection;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Random;

/**
 * A seeded sequence of creates, updates and deletes of peers, nodes and networks, with few names
 * and values, so that they contend for keys, addresses, routes and ports.
 *
 * <p>Owned by one thread. The order of its steps depends on the seed alone; their outcome also
 * depends on the operator.
 */
public final class Storm {
  private static final PatchContext MERGE = PatchContext.of(PatchType.JSON_MERGE);
  private static final int KEYS = 8;

  private final KubernetesClient client;
  private final StormScope scope;
  private final Random random;
  private int done;
  private int refused;

  public Storm(KubernetesClient client, StormScope scope, long seed) {
    this.client = client;
    this.scope = scope;
    this.random = new Random(seed);
  }

  /** The number of steps that the API server accepted. */
  public int done() {
    return done;
  }

  /** The number of steps that it refused: the object is there already, or gone, or has changed. */
  public int refused() {
    return refused;
  }

  /** Makes the namespaces, and one object of each kind. */
  public void begin() {
    for (var name : scope.namespaces()) {
      client
          .resource(new NamespaceBuilder().withNewMetadata().withName(name).endMetadata().build())
          .serverSideApply();
    }
    attempt(() -> createNode(scope.nodes().getFirst(), scope.networks().getFirst(), 1));
    attempt(() -> createNetwork(scope.networks().getFirst(), new Random(1)));
    attempt(() -> createPeer(scope.namespaces().getFirst(), "peer-0", new Random(1)));
  }

  /** One step. An API server that is away makes it fail, and costs nothing but this step. */
  public void step() {
    // Drawn before the request, so that the outcome of one step does not change the next.
    var step = new Random(random.nextLong());
    attempt(() -> act(step));
  }

  private void attempt(Runnable action) {
    try {
      action.run();
      done++;
    } catch (KubernetesClientException e) {
      refused++;
    }
  }

  private void act(Random step) {
    var namespace = pick(step, scope.namespaces());
    var peer = "peer-" + step.nextInt(scope.peers());
    var network = pick(step, scope.networks());
    var node = pick(step, scope.nodes());
    int dice = step.nextInt(100);
    if (dice < 38) {
      createPeer(namespace, peer, step);
    } else if (dice < 60) {
      changePeer(namespace, peer, step);
    } else if (dice < 76) {
      client.resources(Peer.class).inNamespace(namespace).withName(peer).delete();
    } else if (dice < 80) {
      createNode(node, network, 1 + scope.nodes().indexOf(node));
    } else if (dice < 84) {
      labelNode(node, step.nextBoolean() ? network : "none");
    } else if (dice < 87) {
      client.nodes().withName(node).delete();
    } else if (dice < 92) {
      createNetwork(network, step);
    } else if (dice < 95) {
      changeNetwork(network, step);
    } else if (dice < 97) {
      client.resources(WireGuardNetwork.class).withName(network).delete();
    } else if (dice < 98) {
      client.resources(MeshNode.class).withName(network + "." + node).delete();
    } else {
      deleteAllocationOf(namespace, peer);
    }
  }

  private void createPeer(String namespace, String name, Random step) {
    var networks = new ArrayList<>(scope.networks());
    networks.addAll(scope.lasting());
    var network = pick(step, networks);
    var peer = new Peer();
    peer.setMetadata(new ObjectMetaBuilder().withNamespace(namespace).withName(name).build());
    var spec = peer.getSpec();
    spec.networkRef = new NetworkReference(network);
    switch (step.nextInt(6)) {
      case 0 -> spec.publicKey = key(step.nextInt(KEYS));
      case 1 -> {
        if (scope.networks().contains(network)) {
          // One of ten addresses: most of them have an owner already.
          spec.addresses =
              List.of(scope.pool(network).replace("0.0/22", "1." + (1 + step.nextInt(10))));
        }
      }
      case 2 -> spec.routes = List.of(route(step));
      case 3 -> spec.endpoint = new HostPort("192.0.2." + (1 + step.nextInt(200)), 51820);
      default -> {}
    }
    peer.setStatus(null);
    client.resource(peer).create();
  }

  private static PeerSpec.Route route(Random step) {
    var route = new PeerSpec.Route();
    route.cidr = "192.168.%d.0/%d".formatted(8 * step.nextInt(4), step.nextBoolean() ? 24 : 21);
    return route;
  }

  private void changePeer(String namespace, String name, Random step) {
    var spec =
        switch (step.nextInt(4)) {
          case 0 -> "\"suspended\":" + step.nextBoolean();
          case 1 -> "\"persistentKeepalive\":\"%ds\"".formatted(step.nextInt(120));
          case 2 ->
              "\"routes\":[{\"cidr\":\"%s\",\"masquerade\":%s}]"
                  .formatted(route(step).cidr, step.nextBoolean());
          default -> "\"client\":{\"dns\":[\"10.0.0.%d\"]}".formatted(1 + step.nextInt(200));
        };
    client
        .resources(Peer.class)
        .inNamespace(namespace)
        .withName(name)
        .patch(MERGE, "{\"spec\":{%s}}".formatted(spec));
  }

  private void createNode(String name, String network, int number) {
    client
        .resource(
            new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels(StormScope.NODE_LABEL, network)
                .endMetadata()
                .build())
        .create();
    client
        .nodes()
        .withName(name)
        .subresource("status")
        .patch(
            MERGE,
            "{\"status\":{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"192.0.2.%d\"}]}}"
                .formatted(200 + number));
  }

  private void labelNode(String name, String network) {
    client
        .nodes()
        .withName(name)
        .patch(
            MERGE,
            "{\"metadata\":{\"labels\":{\"%s\":\"%s\"}}}"
                .formatted(StormScope.NODE_LABEL, network));
  }

  private void createNetwork(String name, Random step) {
    var network = new WireGuardNetwork();
    network.setMetadata(new ObjectMetaBuilder().withName(name).build());
    var spec = network.getSpec();
    var pool = new WireGuardNetworkSpec.AddressPool();
    pool.name = "v4";
    pool.cidr = scope.pool(name);
    spec.addressPools.add(pool);
    spec.addressReuseAfter = step.nextInt(4) + "s";
    spec.nodes = new WireGuardNetworkSpec.Nodes();
    spec.nodes.selector =
        new LabelSelectorBuilder().addToMatchLabels(StormScope.NODE_LABEL, name).build();
    spec.gateways = new WireGuardNetworkSpec.Gateways();
    spec.gateways.selector = new LabelSelectorBuilder().build();
    if (step.nextInt(4) == 0) {
      spec.listenPort = 52900 + step.nextInt(2);
    }
    network.setStatus(null);
    client.resource(network).create();
  }

  private void changeNetwork(String name, Random step) {
    var spec =
        switch (step.nextInt(3)) {
          case 0 -> "\"persistentKeepalive\":\"%ds\"".formatted(step.nextInt(60));
          case 1 ->
              "\"gateways\":{\"endpoint\":{\"host\":\"vpn-%d.example.com\",\"port\":443}}"
                  .formatted(step.nextInt(3));
          default -> "\"clientDefaults\":{\"mtu\":%d}".formatted(1280 + step.nextInt(100));
        };
    client
        .resources(WireGuardNetwork.class)
        .withName(name)
        .patch(MERGE, "{\"spec\":{%s}}".formatted(spec));
  }

  /** Deletes an address that is in use; the operator makes the object again for its owner. */
  private void deleteAllocationOf(String namespace, String name) {
    var peer = client.resources(Peer.class).inNamespace(namespace).withName(name).get();
    if (peer != null && !peer.getStatus().addresses.isEmpty()) {
      client
          .resources(IPAllocation.class)
          .withName(
              peer.getSpec().networkRef.name
                  + "."
                  + peer.getStatus().addresses.getFirst().toLowerCase(Locale.ROOT))
          .delete();
    }
  }

  private static String key(int number) {
    var bytes = new byte[32];
    new Random(number).nextBytes(bytes);
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static <T> T pick(Random step, List<T> values) {
    return values.get(step.nextInt(values.size()));
  }

  /** Deletes everything that a storm of this scope may have made. */
  public static void cleanUp(KubernetesClient client, StormScope scope) {
    for (var namespace : scope.namespaces()) {
      client.resources(Peer.class).inNamespace(namespace).delete();
    }
    scope
        .networks()
        .forEach(name -> client.resources(WireGuardNetwork.class).withName(name).delete());
    scope.nodes().forEach(name -> client.nodes().withName(name).delete());
    scope.namespaces().forEach(name -> deleteNamespace(client, name));
  }

  private static void deleteNamespace(KubernetesClient client, String name) {
    try {
      client.namespaces().withName(name).delete();
    } catch (KubernetesClientException e) {
      if (e.getCode() != HttpURLConnection.HTTP_NOT_FOUND
          && e.getCode() != HttpURLConnection.HTTP_CONFLICT) {
        throw e;
      }
    }
  }
}
