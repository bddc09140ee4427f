package dev.wiremesh.core.topology;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * From the whole mesh to one node's part of it.
 *
 * <ol>
 *   <li>{@link MembershipRules}: who takes part at all, and with which routes.
 *   <li>Nodes know each other by their node keys, all with all.
 *   <li>An outside peer's session lives on its home gateway, under the gateways' identity; for
 *       every other node that peer's addresses and routes lie behind the home gateway.
 *   <li>Where the network says so, the pods of a node lie behind it.
 *   <li>Pools, accepted routes and other nodes' pods lead into the device.
 * </ol>
 */
public final class Topology {
  private Topology() {}

  /** Who takes part, and with which routes: what the operator tells in conditions and statuses. */
  public static MeshMembers members(MeshView view) {
    return new MembershipRules(view).decide();
  }

  /** The plan of the named node; empty if it is no node of this network. */
  public static Optional<NodePlan> planFor(String node, MeshView view) {
    return view.node(node).map(self -> plan(self, view));
  }

  private static NodePlan plan(NodeView self, MeshView view) {
    var network = view.network();
    var members = members(view);
    var behind = prefixesBehindGateways(members);
    var pods = podsOf(members, network);
    pods.forEach(
        (node, cidrs) -> behind.computeIfAbsent(node, name -> new TreeSet<>()).addAll(cidrs));

    var peers = new ArrayList<PeerPlan>();
    for (var node : members.nodes()) {
      if (!node.name().equals(self.name())) {
        peers.add(nodePeer(node, behind.getOrDefault(node.name(), Set.of()), network));
      }
    }
    for (var peer : members.peers()) {
      if (self.name().equals(peer.session().homeGateway())) {
        peers.add(outsidePeer(peer, members, network));
      }
    }
    peers.sort(comparing(PeerPlan::name));

    var settings = network.device();
    var device =
        new DevicePlan(
            settings.interfaceName(),
            settings.listenPort(),
            self.addresses().stream().sorted().toList(),
            identities(self, network),
            settings.mtu(),
            peers);
    var routing =
        new RoutingPlan(
            settings.routingTable(),
            settings.rulePriority(),
            routes(self, members, network, pods),
            self.gateway() || !pods.isEmpty(),
            masquerade(self, network));
    return new NodePlan(network.name(), self.name(), device, routing, members.findings());
  }

  private static Set<IdentityKind> identities(NodeView self, NetworkView network) {
    var identities = EnumSet.of(IdentityKind.NODE);
    if (self.gateway() && network.gateways().publicKey() != null) {
      identities.add(IdentityKind.GATEWAY);
    }
    return identities;
  }

  private static Map<String, Set<IpPrefix>> prefixesBehindGateways(MeshMembers members) {
    var behind = new HashMap<String, Set<IpPrefix>>();
    for (var peer : members.peers()) {
      var gateway = peer.session().homeGateway();
      if (gateway != null) {
        behind.computeIfAbsent(gateway, name -> new TreeSet<>()).addAll(prefixesOf(peer, members));
      }
    }
    return behind;
  }

  /**
   * Each node's pods, the older node first where two claim the same; never over an address pool,
   * which would take the mesh's own addresses away.
   */
  private static Map<String, Set<IpPrefix>> podsOf(MeshMembers members, NetworkView network) {
    var pods = new HashMap<String, Set<IpPrefix>>();
    if (!network.advertised().podsThroughMesh()) {
      return pods;
    }
    var claimed = new ArrayList<>(network.addressing().pools());
    members.nodes().stream()
        .sorted(comparing(NodeView::creationOrder))
        .forEach(node -> {
          for (var cidr : node.podCidrs()) {
            if (!cidr.isDefault() && claimed.stream().noneMatch(cidr::overlaps)) {
              claimed.add(cidr);
              pods.computeIfAbsent(node.name(), name -> new TreeSet<>()).add(cidr);
            }
          }
        });
    return pods;
  }

  private static RoutingPlan.@Nullable Masquerade masquerade(NodeView self, NetworkView network) {
    return self.gateway() && !network.advertised().cidrs().isEmpty()
        ? new RoutingPlan.Masquerade(
            network.addressing().pools().stream().sorted().toList(),
            self.podCidrs().stream().sorted().toList())
        : null;
  }

  private static Set<IpPrefix> prefixesOf(PeerView peer, MeshMembers members) {
    var prefixes = new TreeSet<IpPrefix>();
    peer.addresses().stream().map(IpAddress::toPrefix).forEach(prefixes::add);
    prefixes.addAll(acceptedRoutes(peer, members));
    return prefixes;
  }

  private static List<IpPrefix> acceptedRoutes(PeerView peer, MeshMembers members) {
    return members.routesOf(peer.name()).stream()
        .filter(decision -> decision.state() == RouteDecision.State.ACCEPTED)
        .map(RouteDecision::cidr)
        .toList();
  }

  private static PeerPlan nodePeer(NodeView node, Set<IpPrefix> behind, NetworkView network) {
    var allowedIps = new TreeSet<>(behind);
    node.addresses().stream().map(IpAddress::toPrefix).forEach(allowedIps::add);
    var key = node.publicKey();
    if (key == null) {
      throw new IllegalStateException("node " + node.name() + " was admitted without a key");
    }
    return PeerPlan.node(node.name(), key)
        .addresses(node.addresses())
        .presharedKey(network.keys().presharedKeys())
        .endpoint(node.underlay().endpoint())
        .persistentKeepalive(network.persistentKeepalive())
        .allowedIps(List.copyOf(allowedIps))
        .build();
  }

  private static PeerPlan outsidePeer(PeerView peer, MeshMembers members, NetworkView network) {
    var key = peer.publicKey();
    if (key == null) {
      throw new IllegalStateException("peer " + peer.name() + " was admitted without a key");
    }
    return PeerPlan.outside(peer.name(), key)
        .addresses(peer.addresses())
        .presharedKey(network.keys().presharedKeys() && peer.session().presharedKey())
        .endpoint(peer.session().endpoint())
        .persistentKeepalive(keepaliveTowards(peer, network))
        .allowedIps(List.copyOf(prefixesOf(peer, members)))
        .build();
  }

  /**
   * A client keeps its own NAT open; a gateway needs to send keepalives only where it is the one
   * that dials.
   */
  private static Duration keepaliveTowards(PeerView peer, NetworkView network) {
    if (peer.session().endpoint() == null) {
      return Duration.ZERO;
    }
    var own = peer.session().persistentKeepalive();
    return own != null ? own : network.persistentKeepalive();
  }

  private static List<RoutePlan> routes(
      NodeView self, MeshMembers members, NetworkView network, Map<String, Set<IpPrefix>> pods) {
    var destinations = new TreeSet<>(network.addressing().pools());
    pods.forEach((node, cidrs) -> {
      if (!node.equals(self.name())) {
        destinations.addAll(cidrs);
      }
    });
    for (var peer : members.peers()) {
      destinations.addAll(acceptedRoutes(peer, members));
    }
    return destinations.stream().map(RoutePlan::new).toList();
  }
}
