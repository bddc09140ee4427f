package dev.wiremesh.operator.state;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.topology.MeshMembers;
import dev.wiremesh.core.topology.MeshView;
import dev.wiremesh.core.topology.PeerView;
import dev.wiremesh.core.topology.Topology;
import java.util.ArrayList;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Caches each network's view and membership until one of its objects changes: a thousand peers that
 * are reconciled in a row share one computation. Thread-safe.
 */
public final class MeshCache {
  /** A view, and the membership that follows from it. */
  public record Mesh(MeshView view, MeshMembers admission) {
    static Mesh of(MeshView view) {
      return new Mesh(view, Topology.members(view));
    }

    /** The mesh with this version of a peer, which the watch may not have reported yet. */
    public Mesh with(PeerView peer) {
      if (view.peers().contains(peer)) {
        return this;
      }
      var peers = new ArrayList<>(view.peers());
      peers.removeIf(other -> other.name().equals(peer.name()));
      peers.add(peer);
      return of(new MeshView(view.network(), view.nodes(), peers));
    }
  }

  private final ClusterCache state;
  private final Map<String, Mesh> meshes = new ConcurrentHashMap<>();

  public MeshCache(ClusterCache state) {
    this.state = state;
    state.networks().listen((before, after) -> forget(name(before), name(after)));
    state.meshNodes().listen((before, after) -> forget(network(before), network(after)));
    state.peers().listen((before, after) -> forget(network(before), network(after)));
  }

  /** The network's mesh; empty until its device parameters are allocated. */
  public Optional<Mesh> of(String network) {
    return Optional.ofNullable(
        meshes.computeIfAbsent(network, name -> read(name).map(Mesh::of).orElse(null)));
  }

  private Optional<MeshView> read(String network) {
    return state
        .networks()
        .get(network)
        .flatMap(it ->
            MeshViews.read(
                it,
                state.meshNodes().by(ClusterCache.BY_NETWORK, network),
                state.peers().by(ClusterCache.BY_NETWORK, network)));
  }

  private void forget(@Nullable String one, @Nullable String other) {
    if (one != null) {
      meshes.remove(one);
    }
    if (other != null) {
      meshes.remove(other);
    }
  }

  private static @Nullable String name(@Nullable WireGuardNetwork network) {
    return network == null ? null : network.getMetadata().getName();
  }

  private static @Nullable String network(@Nullable MeshNode node) {
    return node == null ? null : node.getSpec().networkRef.name;
  }

  private static @Nullable String network(@Nullable Peer peer) {
    return peer == null ? null : peer.getSpec().networkRef.name;
  }
}
