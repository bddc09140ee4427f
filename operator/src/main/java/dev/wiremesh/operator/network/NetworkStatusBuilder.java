package dev.wiremesh.operator.network;

import static java.util.Comparator.comparing;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.network.NetworkObservation.GatewayAddress;
import dev.wiremesh.operator.network.NetworkObservation.SilentAgent;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.routing.ClusterRanges;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Condition;
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Computes a network's status from the watched objects: all of it but the conditions. */
final class NetworkStatusBuilder {
  private static final int MOST_GATEWAYS = 100;
  private static final int MOST_PREFIXES = 1024;

  private final ClusterCache state;
  private final AgentLeases leases;
  private final Allocations allocations;
  private final GatewayEndpoints endpoints;
  private final ClusterRanges ranges;
  private final Clock clock;

  NetworkStatusBuilder(
      ClusterCache state,
      AgentLeases leases,
      Allocations allocations,
      ClusterRanges ranges,
      Clock clock) {
    this.state = state;
    this.leases = leases;
    this.allocations = allocations;
    this.endpoints = new GatewayEndpoints(state);
    this.ranges = ranges;
    this.clock = clock;
  }

  /**
   * The status without conditions.
   *
   * @param allocation null if the network may not come into force now
   * @param selected names of the nodes that are in the network
   */
  WireGuardNetworkStatus build(
      WireGuardNetwork network, @Nullable DeviceAllocation allocation, Set<String> selected) {
    var status = new WireGuardNetworkStatus();
    status.observedGeneration = network.getMetadata().getGeneration();
    status.effective = effective(network, allocation, selected);
    addCounts(status, network, selected);
    status.gateways = gateways(withStatus(network, status), selected);
    addPools(status, network);
    return status;
  }

  /** The input of the conditions, given the status that is about to be written. */
  NetworkObservation.Builder observe(
      WireGuardNetwork network, WireGuardNetworkStatus status, Set<String> selected) {
    return NetworkObservation.ofNodes(selected.size())
        .exhausted(exhausted(network))
        .gateways(
            network.getSpec().gateways == null
                ? null
                : addresses(withStatus(network, status), status.gateways))
        .silent(silent(network, selected))
        .waiting(waiting(network, selected));
  }

  private static WireGuardNetwork withStatus(
      WireGuardNetwork network, WireGuardNetworkStatus status) {
    var copy = new WireGuardNetwork();
    copy.setMetadata(network.getMetadata());
    copy.setSpec(network.getSpec());
    copy.setStatus(status);
    return copy;
  }

  private WireGuardNetworkStatus.@Nullable Effective effective(
      WireGuardNetwork network, @Nullable DeviceAllocation allocation, Set<String> selected) {
    if (allocation == null) {
      // A network in force stays in force; a new one does not begin with a conflict.
      return network.getStatus().effective;
    }
    var effective = new WireGuardNetworkStatus.Effective();
    effective.listenPort = allocation.listenPort();
    effective.interfaceName = allocation.interfaceName();
    effective.routingTable = allocation.routingTable();
    effective.rulePriority = allocation.rulePriority();
    effective.clusterCIDRs = texts(ranges.outsideOf(selected));
    var nodes = network.getSpec().nodes;
    if (nodes != null) {
      effective.advertisedCIDRs = texts(ranges.advertised(nodes.advertise, selected));
    }
    return effective;
  }

  private static List<String> texts(List<IpPrefix> prefixes) {
    return Prefixes.atMost(prefixes, MOST_PREFIXES).stream().map(IpPrefix::toString).toList();
  }

  private void addCounts(
      WireGuardNetworkStatus status, WireGuardNetwork network, Set<String> selected) {
    var name = network.getMetadata().getName();
    status.nodes = new WireGuardNetworkStatus.NodeCounts();
    status.nodes.total = selected.size();
    status.nodes.ready =
        Math.toIntExact(
            members(name, selected).stream().filter(NetworkStatusBuilder::isReady).count());
    status.nodes.summary = status.nodes.ready + "/" + status.nodes.total;
    var peers = state.peers().by(ClusterCache.BY_NETWORK, name);
    status.peers = new WireGuardNetworkStatus.PeerCounts();
    status.peers.total = peers.size();
    status.peers.connected =
        Math.toIntExact(peers.stream().filter(NetworkStatusBuilder::isConnected).count());
  }

  private List<MeshNode> members(String network, Set<String> selected) {
    return state.meshNodes().by(ClusterCache.BY_NETWORK, network).stream()
        .filter(node -> selected.contains(node.getSpec().nodeName))
        .toList();
  }

  private List<WireGuardNetworkStatus.Gateway> gateways(
      WireGuardNetwork network, Set<String> selected) {
    return members(network.getMetadata().getName(), selected).stream()
        .filter(node -> node.getSpec().gateway)
        .sorted(comparing(node -> node.getSpec().nodeName))
        .limit(MOST_GATEWAYS)
        .map(node -> gateway(network, node))
        .collect(Collectors.toCollection(ArrayList::new));
  }

  private WireGuardNetworkStatus.Gateway gateway(WireGuardNetwork network, MeshNode node) {
    var nodeName = node.getSpec().nodeName;
    var gateway = new WireGuardNetworkStatus.Gateway();
    gateway.node = nodeName;
    gateway.endpoint =
        endpoints.of(network, nodeName).map(ConfiguredEndpoint::toString).orElse(null);
    gateway.ready = isReady(node) && !leases.isSilent(nodeName);
    return gateway;
  }

  private List<GatewayAddress> addresses(
      WireGuardNetwork network, List<WireGuardNetworkStatus.Gateway> gateways) {
    return gateways.stream()
        .map(gateway ->
            new GatewayAddress(
                gateway.node,
                endpoints.of(network, gateway.node).map(ConfiguredEndpoint::host).orElse(null)))
        .toList();
  }

  private void addPools(WireGuardNetworkStatus status, WireGuardNetwork network) {
    var pools = NetworkPools.of(network);
    var leased = allocations.leases(network.getMetadata().getName());
    var now = clock.instant();
    for (var pool : pools.pools()) {
      var use = pools.use(pool, leased, now);
      var usage = new WireGuardNetworkStatus.PoolUsage();
      usage.name = use.pool();
      usage.capacity = use.capacity().toString();
      usage.allocated = Math.toIntExact(use.allocated());
      usage.quarantined = Math.toIntExact(use.quarantined());
      usage.free = use.free().toString();
      status.pools.add(usage);
    }
  }

  private List<String> exhausted(WireGuardNetwork network) {
    var pools = NetworkPools.of(network);
    var leased = allocations.leases(network.getMetadata().getName());
    var now = clock.instant();
    var free = new EnumMap<Family, BigInteger>(Family.class);
    for (var pool : pools.pools()) {
      free.merge(pool.cidr().family(), pools.use(pool, leased, now).free(), BigInteger::add);
    }
    return free.entrySet().stream()
        .filter(entry -> entry.getValue().signum() == 0)
        .map(entry -> entry.getKey() == Family.IPV4 ? "IPv4" : "IPv6")
        .sorted()
        .toList();
  }

  private List<String> waiting(WireGuardNetwork network, Set<String> selected) {
    var name = network.getMetadata().getName();
    return selected.stream()
        .filter(node ->
            state
                .meshNodes()
                .get(MeshNodeName.of(name, node))
                .filter(present -> isReady(present) || silence(present).isPresent())
                .isEmpty())
        .sorted()
        .toList();
  }

  private List<SilentAgent> silent(WireGuardNetwork network, Set<String> selected) {
    return members(network.getMetadata().getName(), selected).stream()
        .flatMap(node ->
            silence(node).stream()
                .map(ready ->
                    new SilentAgent(node.getSpec().nodeName, ready.getLastTransitionTime())))
        .sorted(comparing(SilentAgent::node))
        .toList();
  }

  private static boolean isReady(MeshNode node) {
    var conditions = node.getStatus().conditions;
    return Conditions.isTrue(conditions, ConditionType.READY)
        && Conditions.find(conditions, ConditionType.PROVISIONED)
            .filter(provisioned -> Conditions.has(provisioned, ConditionStatus.FALSE))
            .isEmpty();
  }

  /** The node's condition Ready, where it says that the agent is silent. */
  private static Optional<Condition> silence(MeshNode node) {
    return Conditions.find(node.getStatus().conditions, ConditionType.READY)
        .filter(AgentLeases::saysSilent);
  }

  private static boolean isConnected(Peer peer) {
    return Conditions.isTrue(peer.getStatus().conditions, ConditionType.CONNECTED);
  }
}
