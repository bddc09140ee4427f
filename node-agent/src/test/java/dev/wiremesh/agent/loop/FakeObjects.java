package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.watch.WatchedObjects;
import dev.wiremesh.api.json.MeshObject;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.core.keys.PresharedKeySeed;
import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.SecretBuilder;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The watched objects, set by a test. Like an informer's store it returns new instances of objects
 * that may have changed.
 */
final class FakeObjects implements WatchedObjects {
  final Map<String, WireGuardNetwork> networks = new TreeMap<>();
  final Map<String, MeshNode> meshNodes = new TreeMap<>();
  final Map<String, Peer> peers = new TreeMap<>();
  final Map<String, Secret> secrets = new TreeMap<>();
  boolean synced = true;
  boolean watching = true;

  /** Thrown by every read while it is set. */
  @Nullable RuntimeException fails;

  private Set<String> wanted = Set.of();
  private long version;
  private final KubernetesSerialization serialization = new KubernetesSerialization();
  private final Map<Object, Object> handedOut = new IdentityHashMap<>();
  private long handedOutVersion = -1;

  void changed() {
    version++;
  }

  /** A network of gateway node-a (us) and node-b. */
  void network(String name, int port) {
    var network = new WireGuardNetwork();
    network.setMetadata(metadata("", name));
    var pool = new WireGuardNetworkSpec.AddressPool();
    pool.name = "v4";
    pool.cidr = "10.70.0.0/16";
    network.getSpec().addressPools.add(pool);
    var effective = new WireGuardNetworkStatus.Effective();
    effective.interfaceName = "wg-" + name;
    effective.listenPort = port;
    effective.routingTable = port;
    effective.rulePriority = 5_000;
    network.getStatus().effective = effective;
    network.getStatus().gatewayPublicKey = privateKey("gateway").publicKey().toString();
    networks.put(name, network);
    secret("wiremesh-gateway-" + name, "privateKey", privateKey("gateway").toBase64());
    secret("wiremesh-network-" + name, "presharedKeySeed", seed());
    meshNode(name, "node-a", 1, true);
    meshNode(name, "node-b", 2, false);
    changed();
  }

  MeshNode meshNode(String network, String node, int number, boolean gateway) {
    var meshNode = new MeshNode();
    meshNode.setMetadata(metadata("", network + "." + node));
    meshNode.getSpec().networkRef = new NetworkReference(network);
    meshNode.getSpec().nodeName = node;
    meshNode.getSpec().addresses = List.of("10.70.0." + number);
    meshNode.getSpec().endpoints = List.of(new MeshNodeEndpoint("172.31.0." + number, 51900));
    meshNode.getSpec().gateway = gateway;
    meshNode.getSpec().keySecret = "wiremesh-node-" + network + "." + node;
    meshNode.getStatus().publicKey = key(node).toString();
    meshNodes.put(network + "." + node, meshNode);
    secret("wiremesh-node-" + network + "." + node, "privateKey", privateKey(node).toBase64());
    changed();
    return meshNode;
  }

  /** Routes that the peer requests, and the operator accepted. */
  static void routes(Peer peer, String... cidrs) {
    peer.getSpec().routes = new ArrayList<>();
    peer.getStatus().routes = new ArrayList<>();
    for (var cidr : cidrs) {
      var route = new PeerSpec.Route();
      route.cidr = cidr;
      peer.getSpec().routes.add(route);
      var decision = new PeerStatus.RouteStatus();
      decision.cidr = cidr;
      decision.state = PeerStatus.RouteState.ACCEPTED;
      peer.getStatus().routes.add(decision);
    }
  }

  /** A peer at home on node-a, whose routes the operator accepted. */
  Peer peer(String network, String name, int number, String... routes) {
    var peer = new Peer();
    peer.setMetadata(metadata("default", name));
    peer.getSpec().networkRef = new NetworkReference(network);
    routes(peer, routes);
    peer.getStatus().publicKey = key(name).toString();
    peer.getStatus().addresses = List.of("10.70.1." + number);
    peer.getStatus().homeGateway = "node-a";
    peers.put(name, peer);
    changed();
    return peer;
  }

  void secret(String name, String entry, String text) {
    var encoded = Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    secrets.put(
        name,
        new SecretBuilder()
            .withMetadata(metadata("wiremesh-system", name))
            .withData(Map.of(entry, encoded))
            .build());
    changed();
  }

  static PublicKey key(String name) {
    return privateKey(name).publicKey();
  }

  static PrivateKey privateKey(String name) {
    return PrivateKey.of(Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), 32));
  }

  private static String seed() {
    return PresharedKeySeed.parse(Base64.getEncoder().encodeToString(new byte[32])).toBase64();
  }

  private static ObjectMeta metadata(String namespace, String name) {
    var builder =
        new ObjectMetaBuilder()
            .withName(name)
            .withUid("uid-" + name)
            .withGeneration(1L)
            .withCreationTimestamp("2026-03-01T11:00:00Z");
    return namespace.isEmpty() ? builder.build() : builder.withNamespace(namespace).build();
  }

  private <T extends MeshObject> T copy(T object) {
    var copy = serialization.clone(object);
    copy.noteReadProblems(object.readProblems());
    return copy;
  }

  private <T extends MeshObject> List<T> instances(Collection<T> objects) {
    if (version != handedOutVersion) {
      handedOut.clear();
      handedOutVersion = version;
    }
    var instances = new ArrayList<T>();
    for (var object : objects) {
      @SuppressWarnings("unchecked")
      var instance = (T) handedOut.computeIfAbsent(object, it -> copy(object));
      instances.add(instance);
    }
    return instances;
  }

  @Override
  public boolean synced() {
    if (fails != null) {
      throw fails;
    }
    return synced;
  }

  @Override
  public boolean isWatching() {
    return watching;
  }

  @Override
  public long version() {
    return version;
  }

  @Override
  public List<WireGuardNetwork> networks() {
    return new ArrayList<>(networks.values());
  }

  @Override
  public List<MeshNode> meshNodes() {
    return instances(meshNodes.values());
  }

  @Override
  public List<Peer> peers() {
    return instances(peers.values());
  }

  @Override
  public Optional<Secret> secret(String name) {
    return wanted.contains(name) ? Optional.ofNullable(secrets.get(name)) : Optional.empty();
  }

  @Override
  public boolean secretsSynced() {
    return true;
  }

  @Override
  public void wantSecrets(Set<String> names) {
    wanted = Set.copyOf(names);
  }
}
