package dev.wiremesh.agent.watch;

import dev.wiremesh.agent.watch.KeySecrets.Reading;
import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedCondition;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedConnectivity;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.PresharedKeys;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The networks that this node is part of, read from the watched objects. Owned by the control
 * thread.
 */
public final class LocalNetworks {
  /**
   * This node, where it is part of a network: the holder of the agent's Lease.
   *
   * @param uid of the Node object; empty if unknown
   * @param gateway whether it is a gateway of any network
   */
  public record LeaseHolder(String name, String uid, boolean gateway) {}

  private final WatchedObjects objects;
  private final String node;
  private Optional<LeaseHolder> leaseHolder = Optional.empty();
  private final UnreadableObjects unreadable = new UnreadableObjects();

  // Most events change one object of thousands: the views of the others are kept.
  private final ViewCache<MeshNode, NodeView> nodeViews =
      new ViewCache<>(node -> node.getSpec().networkRef.name, MeshViews::node);
  private final ViewCache<Peer, PeerView> peerViews =
      new ViewCache<>(peer -> peer.getSpec().networkRef.name, MeshViews::peerWithDecisions);

  public LocalNetworks(WatchedObjects objects, String node) {
    this.objects = objects;
    this.node = node;
  }

  /**
   * The networks of this node by name; empty as long as not everything was listed once, since an
   * object that is missing until then may exist.
   */
  public Optional<Map<String, LocalNetwork>> read() {
    if (!objects.synced()) {
      return Optional.empty();
    }
    var networks = new HashMap<String, WireGuardNetwork>();
    objects.networks().forEach(network -> networks.put(network.getMetadata().getName(), network));
    var own = new TreeMap<String, MeshNode>();
    for (var meshNode : objects.meshNodes()) {
      var network = meshNode.getSpec().networkRef.name;
      if (meshNode.getSpec().nodeName.equals(node)
          && isThere(meshNode)
          && networks.containsKey(network)) {
        own.put(network, meshNode);
      }
    }

    var secretNames = new LinkedHashSet<String>();
    own.forEach((name, meshNode) -> {
      var network = networks.get(name);
      if (network != null) {
        secretNames.addAll(secretsOf(network, meshNode).names());
      }
    });
    leaseHolder = leaseHolder(own.values());
    objects.wantSecrets(secretNames);
    if (!objects.secretsSynced()) {
      return Optional.empty();
    }

    unreadable.refresh(objects);
    nodeViews.refresh(objects.meshNodes());
    peerViews.refresh(objects.peers());
    var memberships = new TreeMap<String, LocalNetwork>();
    own.forEach((name, meshNode) -> {
      var network = networks.get(name);
      if (network != null) {
        memberships.put(name, read(network, meshNode));
      }
    });
    return Optional.of(memberships);
  }

  /** Number of objects of a kind that are left out since they cannot be read; any thread. */
  public long unreadable(String kind) {
    return unreadable.count(kind);
  }

  /** This node, if it is part of any network, as of the last read. */
  public Optional<LeaseHolder> leaseHolder() {
    return leaseHolder;
  }

  private Optional<LeaseHolder> leaseHolder(Collection<MeshNode> own) {
    if (own.isEmpty()) {
      return Optional.empty();
    }
    var uid =
        own.stream()
            .flatMap(meshNode -> meshNode.getMetadata().getOwnerReferences().stream())
            .filter(owner -> owner.getKind().equals("Node") && owner.getName().equals(node))
            .map(OwnerReference::getUid)
            .findFirst();
    boolean gateway = own.stream().anyMatch(meshNode -> meshNode.getSpec().gateway);
    return Optional.of(new LeaseHolder(node, uid.orElse(""), gateway));
  }

  /** The objects that the network was read from; empty once the network is gone. */
  public Optional<MeshObjects> objectsOf(String name) {
    var network =
        objects.networks().stream()
            .filter(one -> one.getMetadata().getName().equals(name))
            .findFirst();
    var meshNodes =
        objects.meshNodes().stream()
            .filter(one -> one.getSpec().networkRef.name.equals(name) && isThere(one))
            .toList();
    var own = meshNodes.stream().filter(one -> one.getSpec().nodeName.equals(node)).findFirst();
    if (network.isEmpty() || own.isEmpty()) {
      return Optional.empty();
    }
    var secrets =
        secretsOf(network.get(), own.get()).names().stream()
            .flatMap(secret -> objects.secret(secret).stream())
            .toList();
    var peers =
        objects.peers().stream()
            .filter(one -> one.getSpec().networkRef.name.equals(name) && isThere(one))
            .filter(one -> MeshViews.unreadable(one).isEmpty())
            .toList();
    return Optional.of(new MeshObjects(network.get(), meshNodes, peers, secrets).trimmed());
  }

  private static boolean isThere(HasMetadata object) {
    return object.getMetadata().getDeletionTimestamp() == null;
  }

  private LocalNetwork read(WireGuardNetwork network, MeshNode meshNode) {
    var peers = objects.peers();
    var ref = reference(network, meshNode);
    var reported = reported(network.getMetadata().getName(), peers);
    var unreadable = MeshViews.unreadable(network);
    if (unreadable.isPresent()) {
      // No view and no keys: the plan in force stays.
      return new LocalNetwork(ref, null, null, unreadable.get(), reported);
    }
    var view = MeshViews.network(network).map(this::meshView);
    if (view.isEmpty()) {
      return new LocalNetwork(
          ref, null, null, "The operator has not accepted the network yet.", reported);
    }
    return switch (secretsOf(network, meshNode).read(objects::secret)) {
      case Reading.Complete(var keys) -> new LocalNetwork(ref, view.get(), keys, "", reported);
      case Reading.Missing(var problem) ->
          new LocalNetwork(ref, view.get(), null, problem, reported);
    };
  }

  private MeshView meshView(NetworkView network) {
    return new MeshView(network, nodeViews.of(network.name()), peerViews.of(network.name()));
  }

  private static KeySecrets secretsOf(WireGuardNetwork network, MeshNode meshNode) {
    var keys = network.getSpec().keys;
    return new KeySecrets(
        network.getMetadata().getName(),
        meshNode.getSpec().keySecret,
        meshNode.getSpec().gateway && network.getStatus().gatewayPublicKey != null,
        keys == null || keys.presharedKeys == PresharedKeys.ENABLED);
  }

  private MeshNodeRef reference(WireGuardNetwork network, MeshNode meshNode) {
    var generation = meshNode.getMetadata().getGeneration();
    return new MeshNodeRef(
        meshNode.getMetadata().getName(),
        network.getMetadata().getName(),
        node,
        meshNode.getMetadata().getUid(),
        generation == null ? 0 : generation,
        meshNode.getStatus().publicKey,
        meshNode.getStatus().conditions.stream().map(LocalNetworks::condition).toList());
  }

  private Map<PeerName, ReportedConnectivity> reported(String network, List<Peer> peers) {
    var reported = new HashMap<PeerName, ReportedConnectivity>();
    for (var peer : peers) {
      if (peer.getSpec().networkRef.name.equals(network)
          && node.equals(peer.getStatus().homeGateway)) {
        reported.put(MeshViews.name(peer), connectivity(peer));
      }
    }
    return reported;
  }

  private static ReportedConnectivity connectivity(Peer peer) {
    var generation = peer.getMetadata().getGeneration();
    var condition =
        Conditions.find(peer.getStatus().conditions, ConditionType.CONNECTED)
            .map(LocalNetworks::condition)
            .orElse(null);
    var connectivity = peer.getStatus().connectivity;
    // The operator took this node for lost; what it wrote then is not what this agent wrote.
    boolean ours = !Conditions.has(peer.getStatus().conditions, Reason.PEER_GATEWAY_LOST);
    return new ReportedConnectivity(
        connectivity == null || connectivity.state == null || !ours
            ? null
            : connectivity.state.name(),
        connectivity == null ? null : connectivity.gateway,
        connectivity == null ? null : instant(connectivity.since),
        connectivity == null ? null : instant(connectivity.lastHandshakeTime),
        generation == null ? 0 : generation,
        condition);
  }

  private static ReportedCondition condition(Condition condition) {
    return new ReportedCondition(
        condition.getType(),
        condition.getStatus(),
        condition.getReason() == null ? "" : condition.getReason(),
        condition.getMessage() == null ? "" : condition.getMessage(),
        condition.getLastTransitionTime());
  }

  private static @Nullable Instant instant(@Nullable String text) {
    try {
      return text == null ? null : Instant.parse(text);
    } catch (DateTimeException e) {
      return null;
    }
  }
}
