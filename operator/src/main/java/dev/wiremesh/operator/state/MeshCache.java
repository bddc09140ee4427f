package dev.wiremesh.operator.state;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.membership.Membership;
import dev.wiremesh.core.route.ForbiddenRanges;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.route.RouteAdmission;
import dev.wiremesh.core.route.RouteAdmission.Candidates;
import dev.wiremesh.core.route.RoutePolicy;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Caches each network's view and membership until one of its objects changes, and the routes of all
 * networks until any of their inputs does: a thousand peers that are reconciled in a row share one
 * computation. Thread-safe.
 */
public final class MeshCache {
  /** A view, and the membership that follows from it. */
  public record Mesh(MeshView view, MeshMembers members) {}

  /** The source of each network's policy for the routes of its peers. */
  @FunctionalInterface
  public interface Policies {
    /**
     * The policy as of now.
     *
     * @param namespaces those of the peers that request routes
     */
    RoutePolicy of(WireGuardNetwork network, Set<String> namespaces);
  }

  private final ClusterCache state;
  private final Policies policies;
  // Guarded by this.
  private final Map<String, Membership> memberships = new HashMap<>();
  private @Nullable Map<String, Mesh> meshes;

  public MeshCache(ClusterCache state, Policies policies) {
    this.state = state;
    this.policies = policies;
    state.networks().listen((before, after) -> forget(name(before), name(after)));
    state.meshNodes().listen((before, after) -> forget(network(before), network(after)));
    state.peers().listen((before, after) -> forget(network(before), network(after)));
    state.namespaces().listen((before, after) -> forgetRoutes());
  }

  /** The network's mesh; empty until its device parameters are allocated. */
  public synchronized Optional<Mesh> of(String network) {
    var known = meshes;
    if (known == null) {
      known = meshes(memberships());
      meshes = known;
    }
    return Optional.ofNullable(known.get(network));
  }

  /** The network's mesh with this version of a peer, which the watch may not have reported yet. */
  public Optional<Mesh> with(String network, PeerView peer) {
    var cached = of(network);
    if (cached.isEmpty() || cached.get().view().peers().contains(peer)) {
      return cached;
    }
    var view = cached.get().view();
    var peers = new ArrayList<>(view.peers());
    peers.removeIf(other -> other.name().equals(peer.name()));
    peers.add(peer);
    var changed = Membership.of(new MeshView(view.network(), view.nodes(), peers));
    Map<String, Membership> all;
    synchronized (this) {
      all = new HashMap<>(memberships());
    }
    all.put(network, changed);
    return Optional.ofNullable(meshes(all).get(network));
  }

  /** Forgets the decisions on routes: to be called when an input of the policies has changed. */
  public synchronized void forgetRoutes() {
    meshes = null;
  }

  private synchronized Map<String, Membership> memberships() {
    for (var network : state.networks().all()) {
      var name = network.getMetadata().getName();
      if (!memberships.containsKey(name)) {
        read(network).map(Membership::of).ifPresent(it -> memberships.put(name, it));
      }
    }
    return memberships;
  }

  private Map<String, Mesh> meshes(Map<String, Membership> all) {
    var candidates = new ArrayList<Candidates>();
    var kept =
        keptRoutes(state.networks().all(), name -> state.peers().by(ClusterCache.BY_NETWORK, name));
    all.forEach((name, membership) ->
        state
            .networks()
            .get(name)
            .ifPresent(network ->
                candidates.add(
                    new Candidates(
                        membership,
                        policies.of(network, namespaces(membership.view())).outside(kept)))));
    var meshes = new HashMap<String, Mesh>();
    RouteAdmission.decide(candidates)
        .forEach((name, members) -> {
          var membership = all.get(name);
          if (membership != null) {
            meshes.put(name, new Mesh(membership.view(), members));
          }
        });
    return meshes;
  }

  /** Routes of networks that cannot be read now: their nodes keep the plan in force. */
  static ForbiddenRanges keptRoutes(
      Collection<WireGuardNetwork> networks, Function<String, List<Peer>> peersOf) {
    var kept = ForbiddenRanges.builder();
    for (var network : networks) {
      if (MeshViews.unreadable(network).isPresent()) {
        var name = network.getMetadata().getName();
        for (var peer : peersOf.apply(name)) {
          for (var route : MeshViews.peerWithDecisions(peer).routes().published()) {
            if (route.state() == RouteDecision.State.ACCEPTED) {
              kept.forbid(
                  route.cidr(), "a route of peer " + MeshViews.name(peer) + " of network " + name);
            }
          }
        }
      }
    }
    return kept.build();
  }

  private static Set<String> namespaces(MeshView view) {
    return view.peers().stream()
        .filter(peer -> !peer.routes().requested().isEmpty())
        .map(peer -> peer.name().namespace())
        .collect(Collectors.toSet());
  }

  private Optional<MeshView> read(WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    return MeshViews.read(
        network,
        state.meshNodes().by(ClusterCache.BY_NETWORK, name),
        state.peers().by(ClusterCache.BY_NETWORK, name));
  }

  private synchronized void forget(@Nullable String one, @Nullable String other) {
    memberships.remove(one);
    memberships.remove(other);
    meshes = null;
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
