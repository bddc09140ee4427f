package dev.wiremesh.core.topology;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.group.GroupSelection;
import dev.wiremesh.core.membership.Membership;
import dev.wiremesh.core.membership.MembershipRules;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.path.NodePath;
import dev.wiremesh.core.path.NodePaths;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.route.RouteAdmission;
import dev.wiremesh.core.route.RouteAdmission.Candidates;
import dev.wiremesh.core.route.RoutePolicy;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Computes the plan of one node from the view of the whole mesh.
 *
 * <ol>
 *   <li>{@link MembershipRules} decides the members, {@link RouteAdmission} their routes.
 *   <li>{@link NodePaths} decides which nodes are peers of each other, under their node keys, and
 *       which gateways relay between the others.
 *   <li>An outside peer is a peer of its home gateway, under the gateways' identity. All other
 *       nodes reach its addresses and routes by way of the home gateway.
 *   <li>With {@code podsThroughMesh} the pods of a node are reached by way of that node.
 *   <li>A prefix is an allowed IP of the node that has it, or of the gateway that relays to that
 *       node; of the other gateways that may relay it is an alternate IP.
 *   <li>Pools, accepted routes and other nodes' pods are routed into the device.
 * </ol>
 */
public final class Topology {
  private Topology() {}

  /** The members of one network and their routes. */
  public static MeshMembers members(MeshView view, RoutePolicy policy) {
    return members(view, policy, GroupSelection.reported());
  }

  /** The members of one network and their routes, with the active members of the groups. */
  public static MeshMembers members(MeshView view, RoutePolicy policy, GroupSelection selection) {
    var name = view.network().name();
    var candidates = new Candidates(Membership.of(view), policy, selection);
    return Objects.requireNonNull(RouteAdmission.decide(List.of(candidates)).get(name));
  }

  /** The plan of the named node; empty for a node outside this network. */
  public static Optional<NodePlan> planFor(String node, MeshView view, RoutePolicy policy) {
    return planFor(node, view, policy, GroupSelection.reported());
  }

  /** The plan of the named node with the active members of the groups. */
  public static Optional<NodePlan> planFor(
      String node, MeshView view, RoutePolicy policy, GroupSelection selection) {
    return view.node(node).map(self -> plan(self, view, members(view, policy, selection)));
  }

  private static NodePlan plan(NodeView self, MeshView view, MeshMembers members) {
    var network = view.network();
    var pods = podPrefixes(members, network);

    var peers = nodePeers(self, members, network, pods);
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
        RoutingPlan.ofTable(
            new RouteTablePlan(settings.routingTable(), routes(self, members, network, pods)),
            settings.rulePriority(),
            self.gateway() || !pods.isEmpty(),
            masquerade(self, network));
    return new NodePlan(
        network.name(),
        self.name(),
        device,
        routing,
        GroupPlan.of(network.name(), members),
        members.findings());
  }

  private static Set<IdentityKind> identities(NodeView self, NetworkView network) {
    var identities = EnumSet.of(IdentityKind.NODE);
    if (self.gateway() && network.gateways().publicKey() != null) {
      identities.add(IdentityKind.GATEWAY);
    }
    return identities;
  }

  /** The nodes that this node has sessions with. */
  private static List<PeerPlan> nodePeers(
      NodeView self, MeshMembers members, NetworkView network, Map<String, Set<IpPrefix>> pods) {
    var paths = NodePaths.of(self, members.nodes(), network.gateways().hubs());
    var allowed = new HashMap<String, Set<IpPrefix>>();
    var alternates = new HashMap<String, Set<IpPrefix>>();
    prefixesByNode(members, pods)
        .forEach((node, prefixes) -> {
          switch (paths.to(node).orElse(null)) {
            case null -> {}
            case NodePath.None none -> {}
            case NodePath.Direct direct -> add(allowed, node, prefixes);
            case NodePath.Relayed(var gateways, boolean byTopology) -> {
              add(allowed, gateways.getFirst(), prefixes);
              gateways.stream().skip(1).forEach(gateway -> add(alternates, gateway, prefixes));
            }
          }
        });
    var peers = new ArrayList<PeerPlan>();
    for (var node : members.nodes()) {
      var name = node.name();
      if (paths.to(name).orElse(null) instanceof NodePath.Direct(var endpoint)) {
        peers.add(
            nodePeer(node, network)
                .endpoint(endpoint)
                .allowedIps(List.copyOf(allowed.getOrDefault(name, Set.of())))
                .alternateIps(List.copyOf(alternates.getOrDefault(name, Set.of())))
                .build());
      }
    }
    return peers;
  }

  private static void add(
      Map<String, Set<IpPrefix>> byNode, String node, Collection<IpPrefix> prefixes) {
    byNode.computeIfAbsent(node, name -> new TreeSet<>()).addAll(prefixes);
  }

  /** The prefixes that each node has: its addresses, its pods, and the peers it is home to. */
  private static Map<String, Set<IpPrefix>> prefixesByNode(
      MeshMembers members, Map<String, Set<IpPrefix>> pods) {
    var prefixes = new HashMap<String, Set<IpPrefix>>();
    for (var node : members.nodes()) {
      add(prefixes, node.name(), node.addresses().stream().map(IpAddress::toPrefix).toList());
    }
    pods.forEach((node, cidrs) -> add(prefixes, node, cidrs));
    for (var peer : members.peers()) {
      var gateway = peer.session().homeGateway();
      if (gateway != null) {
        add(prefixes, gateway, prefixesOf(peer, members));
      }
    }
    return prefixes;
  }

  /**
   * The pod prefixes of each node. Of two nodes with one prefix the older has it. Prefixes that
   * overlap an address pool are left out, since they would hide the mesh's own addresses.
   */
  private static Map<String, Set<IpPrefix>> podPrefixes(MeshMembers members, NetworkView network) {
    var pods = new HashMap<String, Set<IpPrefix>>();
    if (!network.advertised().podsThroughMesh()) {
      return pods;
    }
    var claimed = new ArrayList<>(network.pools());
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
            network.pools().stream().sorted().toList(), self.podCidrs().stream().sorted().toList())
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

  private static PeerPlan.Builder nodePeer(NodeView node, NetworkView network) {
    var key = node.publicKey();
    if (key == null) {
      throw new IllegalStateException("node " + node.name() + " was admitted without a key");
    }
    return PeerPlan.node(node.name(), key)
        .addresses(node.addresses())
        .presharedKey(network.keys().presharedKeys())
        .persistentKeepalive(network.persistentKeepalive());
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
   * The gateway's keepalive towards an outside peer: zero unless the gateway dials. A client keeps
   * its own NAT mapping open.
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
    var origins = new TreeMap<IpPrefix, RouteOrigin>();
    network.pools().forEach(pool -> origins.put(pool, RouteOrigin.POOL));
    pods.forEach((node, cidrs) -> {
      if (!node.equals(self.name())) {
        cidrs.forEach(cidr -> origins.putIfAbsent(cidr, RouteOrigin.node(node)));
      }
    });
    for (var peer : members.peers()) {
      for (var cidr : acceptedRoutes(peer, members)) {
        origins.putIfAbsent(cidr, RouteOrigin.peer(peer.name()));
      }
    }
    return origins.entrySet().stream()
        .map(route -> RoutePlan.toDevice(route.getKey(), route.getValue()))
        .toList();
  }
}
