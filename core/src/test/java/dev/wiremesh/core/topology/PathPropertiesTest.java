package dev.wiremesh.core.topology;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.path.NodePath;
import dev.wiremesh.core.path.NodePaths;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeEndpoint.Scope;
import dev.wiremesh.core.view.NodeView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Follows packets from plan to plan by allowed IPs, as the data planes do, in random topologies
 * with random sites and address families; against a slow oracle of its own.
 */
class PathPropertiesTest {
  private static final int ROUNDS = 1_000;

  private final RandomMeshes meshes = new RandomMeshes(Seeds.random());

  @Test
  void addressOfEveryNodeIsReachedByWayOfAtMostOneGateway() {
    for (int i = 0; i < ROUNDS; i++) {
      var mesh = new Mesh(meshes.view());
      mesh.forEachDestination((from, to, address) -> {
        var hops = mesh.forward(from.name(), address, null);
        if (mesh.mayHaveSession(from, to)) {
          assertThat(hops).containsExactly(from.name(), to.name());
        } else if (mesh.relays(from, to).isEmpty()) {
          assertThat(hops).containsExactly(from.name());
        } else {
          assertThat(hops).hasSize(3).endsWith(to.name());
          assertThat(mesh.relays(from, to)).contains(hops.get(1));
        }
        mesh.assertAccepted(hops, from.addresses());
      });
    }
  }

  /** A gateway that fails is replaced at one end before the other one notices. */
  @Test
  void packetByWayOfAnyAlternateArrivesAndIsAccepted() {
    for (int i = 0; i < ROUNDS; i++) {
      var mesh = new Mesh(meshes.view());
      mesh.forEachDestination((from, to, address) -> {
        for (var peer : mesh.plan(from.name()).device().peers()) {
          boolean alternate =
              peer.prefixes().alternateIps().stream().anyMatch(prefix -> prefix.contains(address));
          if (alternate) {
            var hops = mesh.forward(from.name(), address, peer.name());
            assertThat(hops).containsExactly(from.name(), peer.name(), to.name());
            mesh.assertAccepted(hops, from.addresses());
          }
        }
      });
    }
  }

  @Test
  void peerIsReachedByWayOfItsHomeGatewayAndAtMostOneMore() {
    for (int i = 0; i < ROUNDS; i++) {
      var mesh = new Mesh(meshes.view());
      for (var from : mesh.nodes) {
        for (var peer : mesh.members.peers()) {
          var home = mesh.node(String.valueOf(peer.session().homeGateway()));
          if (home.isEmpty()) {
            continue;
          }
          for (var address : peer.addresses()) {
            var toHome = mesh.forward(from.name(), home.get().addresses().getFirst(), null);
            boolean isHomeReached = toHome.getLast().equals(home.get().name());
            var expected = new ArrayList<>(toHome);
            if (isHomeReached) {
              expected.add(peer.name().toString());
            }
            assertThat(mesh.forward(from.name(), address, null)).isEqualTo(expected);
          }
        }
      }
    }
  }

  @Test
  void nodeThatJoinsChangesThePathsOfOthersOnlyWhereItRelays() {
    for (int i = 0; i < ROUNDS; i++) {
      var view = meshes.view();
      var nodes = new ArrayList<>(view.nodes());
      var joined = meshes.node(7);
      nodes.add(joined);
      boolean hubs = view.network().gateways().hubs();
      for (var self : view.nodes()) {
        var before = NodePaths.of(self, view.nodes(), hubs);
        var after = NodePaths.of(self, nodes, hubs);
        for (var other : view.nodes()) {
          var path = after.to(other.name());
          boolean relays =
              path.isPresent()
                  && path.get() instanceof NodePath.Relayed(var gateways, boolean byTopology)
                  && gateways.contains(joined.name());
          if (!relays) {
            assertThat(path).isEqualTo(before.to(other.name()));
          }
        }
      }
    }
  }

  /** A check of one address of a node, seen from another node. */
  private interface DestinationCheck {
    void check(NodeView from, NodeView to, IpAddress address);
  }

  /** A random mesh with the plans of all its nodes. */
  private static final class Mesh {
    final MeshMembers members;
    final List<NodeView> nodes;
    private final boolean hubs;
    private final Map<String, NodePlan> plans = new HashMap<>();

    Mesh(MeshView view) {
      members = Meshes.members(view);
      nodes = members.nodes();
      hubs = view.network().gateways().hubs();
      for (var node : nodes) {
        plans.put(node.name(), Meshes.planFor(node.name(), view).orElseThrow());
      }
    }

    /** Every address of every node, from every other node. */
    void forEachDestination(DestinationCheck check) {
      for (var from : nodes) {
        for (var to : nodes) {
          if (!from.equals(to)) {
            to.addresses().forEach(address -> check.check(from, to, address));
          }
        }
      }
    }

    NodePlan plan(String node) {
      return Optional.ofNullable(plans.get(node)).orElseThrow();
    }

    Optional<NodeView> node(String name) {
      return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
    }

    boolean mayHaveSession(NodeView one, NodeView other) {
      return (!hubs || one.gateway() || other.gateway()) && areLinked(one, other);
    }

    Set<String> relays(NodeView one, NodeView other) {
      return nodes.stream()
          .filter(NodeView::gateway)
          .filter(gateway -> !gateway.equals(one) && !gateway.equals(other))
          .filter(gateway -> areLinked(one, gateway) && areLinked(gateway, other))
          .map(NodeView::name)
          .collect(Collectors.toSet());
    }

    private static boolean areLinked(NodeView one, NodeView other) {
      return dials(one, other) || dials(other, one);
    }

    private static boolean dials(NodeView from, NodeView to) {
      var families = new HashSet<Family>();
      for (var endpoint : from.underlay().endpoints()) {
        var address = endpoint.address();
        if (endpoint.scope() != Scope.OVERRIDE && address != null) {
          families.add(address.family());
        }
      }
      boolean sameSite = from.underlay().site().equals(to.underlay().site());
      return to.underlay().endpoints().stream()
          .filter(endpoint -> sameSite || endpoint.scope() != Scope.SITE)
          .map(NodeEndpoint::address)
          .anyMatch(address ->
              address == null || families.isEmpty() || families.contains(address.family()));
    }

    /**
     * The names of the hops, which end where no hop has a route any more.
     *
     * @param first the first hop, null for that of the allowed IPs
     */
    List<String> forward(String from, IpAddress to, @Nullable String first) {
      var hops = new ArrayList<>(List.of(from));
      var next = first == null ? nextHop(from, to) : Optional.of(first);
      while (next.isPresent() && hops.size() < 6) {
        hops.add(next.get());
        next = nextHop(next.get(), to);
      }
      return hops;
    }

    private Optional<String> nextHop(String node, IpAddress to) {
      var plan = plans.get(node);
      if (plan == null || plan.device().addresses().contains(to)) {
        return Optional.empty();
      }
      PeerPlan next = null;
      int longest = -1;
      for (var peer : plan.device().peers()) {
        for (var prefix : peer.allowedIps()) {
          if (prefix.contains(to) && prefix.length() > longest) {
            longest = prefix.length();
            next = peer;
          }
        }
      }
      return Optional.ofNullable(next).map(PeerPlan::name);
    }

    /** Each hop accepts a packet with one of these sources from the hop before it. */
    void assertAccepted(List<String> hops, List<IpAddress> sources) {
      for (int i = 1; i < hops.size(); i++) {
        var before = hops.get(i - 1);
        var peer =
            plan(hops.get(i)).device().peers().stream()
                .filter(one -> one.name().equals(before))
                .findFirst()
                .orElseThrow();
        for (var source : sources) {
          assertThat(peer.prefixes())
              .as("%s accepts %s from %s", hops.get(i), source, before)
              .matches(prefixes ->
                  prefixes.allowedIps().contains(source.toPrefix())
                      || prefixes.alternateIps().contains(source.toPrefix()));
        }
      }
    }
  }
}
