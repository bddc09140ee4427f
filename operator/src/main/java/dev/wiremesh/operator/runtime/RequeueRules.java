package dev.wiremesh.operator.runtime;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus.RouteState;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.network.DeviceClaims;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.node.NodeAddresses;
import dev.wiremesh.operator.node.ReachableNodes;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Requeue rules: which primaries to reconcile when a watched object changes. Each rule compares the
 * values that it depends on, so that a Node's heartbeat or a peer's handshake requeues nothing.
 */
final class RequeueRules {
  private final ClusterCache state;
  private final RequeueSource<WireGuardNetwork> networks;
  private final RequeueSource<MeshNode> nodes;
  private final RequeueSource<Peer> peers;

  RequeueRules(
      ClusterCache state,
      RequeueSource<WireGuardNetwork> networks,
      RequeueSource<MeshNode> nodes,
      RequeueSource<Peer> peers) {
    this.state = state;
    this.networks = networks;
    this.nodes = nodes;
    this.peers = peers;
  }

  void listen() {
    state.networks().listen(this::networkChanged);
    state.meshNodes().listen(this::meshNodeChanged);
    state.peers().listen(this::peerChanged);
    state.nodes().listen(this::nodeChanged);
    state.allocations().listen(this::allocationChanged);
    state.namespaces().listen(this::namespaceChanged);
    state.secrets().listen(this::secretChanged);
    state.deviceClaims().listen(this::claimChanged);
    state.serviceCidrs().ifPresent(kind -> kind.listen((before, after) -> allNetworks()));
  }

  /** A node's agent fell silent, or is back. */
  void agentChanged(String node) {
    for (var meshNode : state.meshNodes().by(ClusterCache.BY_NODE, node)) {
      nodes.requeue(meshNode);
      var network = meshNode.getSpec().networkRef.name;
      networks.requeue(network);
      state.peers().by(ClusterCache.BY_NETWORK, network).stream()
          .filter(peer -> node.equals(peer.getStatus().homeGateway))
          .forEach(peers::requeue);
    }
  }

  /**
   * Ranges were forbidden to routes, or are no longer.
   *
   * @param affected true for a route that may be judged differently now
   */
  void forbiddenChanged(Predicate<IpPrefix> affected) {
    state.peersWithRoutes().stream()
        .filter(peer -> MeshViews.peer(peer).routes().requested().stream().anyMatch(affected))
        .forEach(peers::requeue);
  }

  private void networkChanged(@Nullable WireGuardNetwork before, @Nullable WireGuardNetwork after) {
    boolean sameForMembers =
        before != null
            && after != null
            && Json.same(before.getSpec(), after.getSpec())
            && MeshViews.network(before).equals(MeshViews.network(after));
    if (sameForMembers) {
      return;
    }
    var name = name(before, after);
    state.meshNodes().by(ClusterCache.BY_NETWORK, name).forEach(nodes::requeue);
    state.peers().by(ClusterCache.BY_NETWORK, name).forEach(peers::requeue);
    if (before == null || after == null || !Json.same(before.getSpec(), after.getSpec())) {
      // A port or a pool that another network waits for may be free now.
      allNetworks();
      // Their AllowedIPs keep clear of other networks' pools.
      state.peers().all().stream().filter(RequeueRules::prefersLocal).forEach(peers::requeue);
    }
  }

  private void meshNodeChanged(@Nullable MeshNode before, @Nullable MeshNode after) {
    var one = Objects.requireNonNull(after == null ? before : after);
    var network = one.getSpec().networkRef.name;
    boolean sameView =
        before != null
            && after != null
            && before.isMarkedForDeletion() == after.isMarkedForDeletion()
            && MeshViews.node(before).equals(MeshViews.node(after));
    boolean sameReport =
        before != null
            && after != null
            && Objects.equals(reported(before), reported(after))
            && Json.same(before.getStatus().problemPeers, after.getStatus().problemPeers);
    if (!sameView || !sameReport) {
      networks.requeue(network);
    }
    var members = state.peers().by(ClusterCache.BY_NETWORK, network).stream();
    if (!sameView) {
      members.forEach(peers::requeue);
    } else if (!sameReport) {
      members
          .filter(peer -> one.getSpec().nodeName.equals(peer.getStatus().homeGateway))
          .forEach(peers::requeue);
    }
    if (after == null) {
      state.networks().get(network).ifPresent(networks::requeue);
    }
    if (!samePaths(before, after)) {
      pathsChanged(network, before, after);
    }
  }

  /** The paths between nodes depend on where each of them can be dialled. */
  private static boolean samePaths(@Nullable MeshNode before, @Nullable MeshNode after) {
    if (before == null || after == null) {
      return false;
    }
    var old = before.getSpec();
    var now = after.getSpec();
    return before.isMarkedForDeletion() == after.isMarkedForDeletion()
        && old.gateway == now.gateway
        && Objects.equals(old.site, now.site)
        && Json.same(old.endpoints, now.endpoints);
  }

  private void pathsChanged(String network, @Nullable MeshNode before, @Nullable MeshNode after) {
    var nodesOfNetwork = state.meshNodes().by(ClusterCache.BY_NETWORK, network);
    var involved = new ArrayList<>(nodesOfNetwork);
    Stream.of(before, after).filter(Objects::nonNull).forEach(involved::add);
    state
        .networks()
        .get(network)
        .filter(present -> !ReachableNodes.areAllDirect(present, involved))
        .ifPresent(present -> nodesOfNetwork.forEach(nodes::requeue));
  }

  private void peerChanged(@Nullable Peer before, @Nullable Peer after) {
    var one = Objects.requireNonNull(after == null ? before : after);
    var network = one.getSpec().networkRef.name;
    boolean sameView =
        before != null
            && after != null
            && before.isMarkedForDeletion() == after.isMarkedForDeletion()
            && MeshViews.peer(before).equals(MeshViews.peer(after));
    if (!sameView || isConnected(before) != isConnected(after)) {
      networks.requeue(network);
    }
    if (!sameView && after != null) {
      peers.requeue(after);
    }
    boolean bringsRoutes =
        Stream.of(before, after).anyMatch(peer -> peer != null && !peer.getSpec().routes.isEmpty());
    if (bringsRoutes && (!sameView || !accepted(before).equals(accepted(after)))) {
      // The other peers' AllowedIPs contain its routes, and younger peers of any network may have
      // waited for them.
      state.peers().by(ClusterCache.BY_NETWORK, network).forEach(peers::requeue);
      state.peersWithRoutes().forEach(peers::requeue);
    }
    if (sameView) {
      return;
    }
    Stream.of(before, after)
        .flatMap(peer -> Stream.ofNullable(peer == null ? null : peer.getStatus().publicKey))
        .distinct()
        .flatMap(key -> state.peers().by(ClusterCache.BY_KEY, key).stream())
        .forEach(peers::requeue);
  }

  private void nodeChanged(@Nullable Node before, @Nullable Node after) {
    if (before != null && after != null && RelevantNode.of(before).equals(RelevantNode.of(after))) {
      return;
    }
    var node = Objects.requireNonNull(after == null ? before : after).getMetadata().getName();
    allNetworks();
    for (var network : state.networks().all()) {
      var name = network.getMetadata().getName();
      state.meshNodes().get(MeshNodeName.of(name, node)).ifPresent(nodes::requeue);
      state.peers().by(ClusterCache.BY_NETWORK, name).stream()
          .filter(peer -> node.equals(peer.getStatus().homeGateway))
          .forEach(peers::requeue);
    }
  }

  private void allocationChanged(@Nullable IPAllocation before, @Nullable IPAllocation after) {
    var one = Objects.requireNonNull(after == null ? before : after);
    var network = one.getSpec().network;
    networks.requeue(network);
    boolean isReleased =
        after == null
            || before != null
                && before.getStatus().releasedAt == null
                && after.getStatus().releasedAt != null;
    if (before != null
        && (isReleased || !before.getSpec().owner.uid.equals(one.getSpec().owner.uid))) {
      requeueOwner(before.getSpec().owner);
    }
    if (isReleased) {
      // An address or a place in the network is free: requeue those that found none.
      state.peers().by(ClusterCache.BY_NETWORK, network).stream()
          .filter(peer ->
              !Conditions.isTrue(peer.getStatus().conditions, ConditionType.ADDRESS_ALLOCATED))
          .forEach(peers::requeue);
      state.meshNodes().by(ClusterCache.BY_NETWORK, network).stream()
          .filter(node ->
              node.getSpec().addresses.isEmpty()
                  || !Conditions.isTrue(node.getStatus().conditions, ConditionType.PROVISIONED))
          .forEach(nodes::requeue);
    }
  }

  /**
   * An owner that is there gets an IPAllocation back that was deleted, released by hand or given
   * away. By its name: the cache of its kind may not have it yet.
   */
  private void requeueOwner(IPAllocationSpec.Owner owner) {
    switch (owner.kind) {
      case PEER -> {
        if (owner.namespace != null) {
          peers.requeue(owner.namespace, owner.name);
        }
      }
      case MESH_NODE -> nodes.requeue(owner.name);
    }
  }

  /** Grants select namespaces by label: routes, and the addresses of reserved blocks. */
  private void namespaceChanged(@Nullable Namespace before, @Nullable Namespace after) {
    var one = Objects.requireNonNull(after == null ? before : after);
    boolean sameLabels =
        before != null
            && after != null
            && Objects.equals(before.getMetadata().getLabels(), after.getMetadata().getLabels());
    if (sameLabels) {
      return;
    }
    var name = one.getMetadata().getName();
    Stream.concat(
            state.peersWithRoutes().stream(),
            state.peers().all().stream()
                .filter(peer ->
                    !Conditions.isTrue(
                        peer.getStatus().conditions, ConditionType.ADDRESS_ALLOCATED)))
        .filter(peer -> name.equals(peer.getMetadata().getNamespace()))
        .forEach(peers::requeue);
  }

  private void secretChanged(@Nullable Secret before, @Nullable Secret after) {
    if (before == null) {
      return;
    }
    var labels = before.getMetadata().getLabels();
    var network = labels == null ? null : labels.get(Labels.NETWORK);
    if (network != null) {
      networks.requeue(network);
      state.meshNodes().by(ClusterCache.BY_NETWORK, network).forEach(nodes::requeue);
      state.peers().by(ClusterCache.BY_NETWORK, network).forEach(peers::requeue);
    }
  }

  /** A claim is made again for its network, or its value is free for others. */
  private void claimChanged(@Nullable Lease before, @Nullable Lease after) {
    if (before != null && !DeviceClaims.holder(before).equals(DeviceClaims.holder(after))) {
      allNetworks();
    }
  }

  private void allNetworks() {
    state.networks().all().forEach(networks::requeue);
  }

  private static String name(@Nullable WireGuardNetwork before, @Nullable WireGuardNetwork after) {
    return Objects.requireNonNull(after == null ? before : after).getMetadata().getName();
  }

  /** The part of a MeshNode's conditions that networks and peers show. */
  private static List<String> reported(MeshNode node) {
    return Stream.of(ConditionType.READY, ConditionType.PROVISIONED)
        .flatMap(type -> Conditions.find(node.getStatus().conditions, type).stream())
        .map(condition -> condition.getStatus() + " " + condition.getReason())
        .toList();
  }

  private static List<String> accepted(@Nullable Peer peer) {
    return peer == null
        ? List.of()
        : peer.getStatus().routes.stream()
            .filter(route -> route.state == RouteState.ACCEPTED)
            .map(route -> route.translateTo == null ? route.cidr : route.translateTo)
            .toList();
  }

  private static boolean prefersLocal(Peer peer) {
    return peer.getSpec().client != null && peer.getSpec().client.preferLocal;
  }

  private static boolean isConnected(@Nullable Peer peer) {
    return peer != null && Conditions.isTrue(peer.getStatus().conditions, ConditionType.CONNECTED);
  }

  /** The values of a Node that a mesh depends on. */
  private record RelevantNode(
      String uid,
      @Nullable Object labels,
      NodeAddresses addresses,
      List<String> podCidrs,
      boolean deleted) {
    static RelevantNode of(Node node) {
      return new RelevantNode(
          node.getMetadata().getUid(),
          node.getMetadata().getLabels(),
          NodeAddresses.of(node),
          node.getSpec() == null ? List.of() : List.copyOf(node.getSpec().getPodCIDRs()),
          node.getMetadata().getDeletionTimestamp() != null);
    }
  }
}
