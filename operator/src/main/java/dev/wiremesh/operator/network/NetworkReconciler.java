package dev.wiremesh.operator.network;

import static java.util.Comparator.comparing;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.keys.SecretNames;
import dev.wiremesh.operator.kube.ConditionDraft;
import dev.wiremesh.operator.kube.Conditions;
import dev.wiremesh.operator.kube.Equality;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FieldManagers;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.UnknownFields;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.node.LabelSelectors;
import dev.wiremesh.operator.node.MeshNodeName;
import dev.wiremesh.operator.node.MeshNodes;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.GatewayLeases;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.math.BigInteger;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Chooses what a network leaves open, makes a MeshNode for each node that joins, and tells how the
 * network is.
 */
@ControllerConfiguration(name = "wireguardnetwork", fieldManager = FieldManagers.OPERATOR)
public final class NetworkReconciler extends LimitedReconciler<WireGuardNetwork> {
  private static final int MOST_GATEWAYS = 100;

  private final KubernetesClient client;
  private final ClusterCache state;
  private final GatewayLeases leases;
  private final OperatorSecrets secrets;
  private final Allocations allocations;
  private final GatewayEndpoints endpoints;
  private final ClusterRanges ranges;
  private final Events events;
  private final Clock clock;

  /** What was chosen for each network, since the watch may lag; under the lock. */
  private final Map<String, DeviceAllocation> chosen = new ConcurrentHashMap<>();

  private final ReentrantLock choosing = new ReentrantLock();

  public NetworkReconciler(
      KubernetesClient client,
      ClusterCache state,
      GatewayLeases leases,
      OperatorSecrets secrets,
      Allocations allocations,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(limit, new RequeueSource<>("wireguardnetwork", clock));
    this.client = client;
    this.state = state;
    this.leases = leases;
    this.secrets = secrets;
    this.allocations = allocations;
    this.endpoints = new GatewayEndpoints(state);
    this.ranges = new ClusterRanges(client, state);
    this.events = events;
    this.clock = clock;
    state
        .networks()
        .listen((before, after) -> {
          if (before != null && after == null) {
            chosen.remove(before.getMetadata().getName());
          }
        });
  }

  @Override
  protected UpdateControl<WireGuardNetwork> reconcileNow(
      WireGuardNetwork network, Context<WireGuardNetwork> context) {
    if (network.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    var unreadable = MeshViews.unreadable(network);
    if (unreadable.isPresent()) {
      keep(network, unreadable.get(), context);
      return UpdateControl.noUpdate();
    }
    var name = network.getMetadata().getName();
    secrets.presharedKeySeed(name);
    var gatewaySecret = secrets.gateway(name);
    var choice = choose(network, DeviceAllocation.from(gatewaySecret).orElse(null));

    var selected = selectedNodes(network);
    alignMeshNodes(network, selected);

    var desired = new WireGuardNetworkStatus();
    desired.observedGeneration = network.getMetadata().getGeneration();
    desired.gatewayPublicKey = secrets.publicKey(gatewaySecret).toString();
    var overlaps = overlaps(network);
    desired.effective =
        effective(overlaps.isEmpty() ? choice.choice() : null, network, selected.keySet());
    addCounts(desired, withStatus(network, desired), selected.keySet());
    addPools(desired, network);
    var facts =
        facts(
            withStatus(network, desired), choice.conflicts(), overlaps, selected.keySet(), desired);
    var before = network.getStatus().conditions;
    desired.conditions =
        Conditions.of(
            UnknownFields.mentioned(NetworkConditions.of(facts), network),
            before,
            network.getMetadata().getGeneration(),
            clock);
    if (!Equality.same(desired, network.getStatus())) {
      write(network, desired, context);
    }
    events.readyChanged(network, before, desired.conditions);
    return UpdateControl.noUpdate();
  }

  /** What is in force for a network that cannot be read stays so, and the network says why. */
  private void keep(
      WireGuardNetwork network, String unreadable, Context<WireGuardNetwork> context) {
    var before = network.getStatus();
    var desired = new WireGuardNetworkStatus();
    desired.observedGeneration = network.getMetadata().getGeneration();
    desired.effective = before.effective;
    desired.nodes = before.nodes;
    desired.peers = before.peers;
    desired.pools = before.pools;
    desired.gateways = before.gateways;
    desired.gatewayPublicKey = before.gatewayPublicKey;
    desired.conditions =
        Conditions.of(
            List.of(ConditionDraft.no("Accepted", "InvalidSpec", unreadable)),
            before.conditions,
            network.getMetadata().getGeneration(),
            clock);
    if (!Equality.same(desired, before)) {
      write(network, desired, context);
    }
    events.readyChanged(network, before.conditions, desired.conditions);
  }

  private void write(
      WireGuardNetwork network, WireGuardNetworkStatus desired, Context<WireGuardNetwork> context) {
    var intent = new WireGuardNetwork();
    intent.setMetadata(new ObjectMetaBuilder().withName(network.getMetadata().getName()).build());
    intent.setSpec(null);
    intent.setStatus(desired);
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(network, intent, context);
  }

  /** The network with the status that is about to be written. */
  private static WireGuardNetwork withStatus(
      WireGuardNetwork network, WireGuardNetworkStatus status) {
    var copy = new WireGuardNetwork();
    copy.setMetadata(network.getMetadata());
    copy.setSpec(network.getSpec());
    copy.setStatus(status);
    return copy;
  }

  private DeviceAllocator.Result choose(
      WireGuardNetwork network, @Nullable DeviceAllocation before) {
    var name = network.getMetadata().getName();
    choosing.lock();
    try {
      var result = DeviceAllocator.choose(name, network.getSpec(), before, choicesOfOthers(name));
      var choice = result.choice();
      if (choice != null) {
        if (!choice.equals(before)) {
          secrets.addEntries(SecretNames.gateway(name), choice.texts());
        }
        chosen.put(name, choice);
      }
      return result;
    } finally {
      choosing.unlock();
    }
  }

  private Map<String, DeviceAllocation> choicesOfOthers(String name) {
    var choices = new HashMap<String, DeviceAllocation>();
    for (var other : state.networks().all()) {
      var otherName = other.getMetadata().getName();
      state.secrets().all().stream()
          .filter(it -> it.getMetadata().getName().equals(SecretNames.gateway(otherName)))
          .findFirst()
          .flatMap(DeviceAllocation::from)
          .ifPresent(choice -> choices.put(otherName, choice));
    }
    choices.putAll(chosen);
    choices.remove(name);
    return choices;
  }

  private Map<String, Node> selectedNodes(WireGuardNetwork network) {
    var nodes = network.getSpec().nodes;
    return state.nodes().all().stream()
        .filter(node -> node.getMetadata().getDeletionTimestamp() == null)
        .filter(node ->
            nodes != null && LabelSelectors.matches(nodes.selector, node.getMetadata().getLabels()))
        .collect(Collectors.toMap(node -> node.getMetadata().getName(), node -> node));
  }

  private void alignMeshNodes(WireGuardNetwork network, Map<String, Node> selected) {
    var name = network.getMetadata().getName();
    var present = state.meshNodes().by(ClusterCache.BY_NETWORK, name);
    for (var meshNode : present) {
      var node = selected.get(meshNode.getSpec().nodeName);
      boolean ofNamesake =
          node != null
              && meshNode.getMetadata().getOwnerReferences().stream()
                  .noneMatch(owner -> owner.getUid().equals(node.getMetadata().getUid()));
      if (node == null || ofNamesake) {
        client.resource(meshNode).delete();
      }
    }
    var names = present.stream().map(it -> it.getMetadata().getName()).collect(Collectors.toSet());
    selected.values().stream()
        .filter(node -> !names.contains(MeshNodeName.of(name, node.getMetadata().getName())))
        .sorted(comparing(node -> node.getMetadata().getName()))
        .forEach(node -> join(name, node));
  }

  /** Makes the MeshNode; its own reconciler fills it. */
  private void join(String network, Node node) {
    var nodeName = node.getMetadata().getName();
    var spec = new MeshNodeSpec();
    spec.networkRef = new NetworkReference(network);
    spec.nodeName = nodeName;
    var intent = MeshNodes.intent(MeshNodeName.of(network, nodeName), null, node, spec);
    if (client.resource(intent).get() == null) {
      client.resource(intent).patch(FieldManagers.apply());
    }
  }

  private WireGuardNetworkStatus.@Nullable Effective effective(
      @Nullable DeviceAllocation choice, WireGuardNetwork network, Set<String> selected) {
    if (choice == null) {
      // What is in force stays in force; what never was does not begin with a conflict.
      return network.getStatus().effective;
    }
    var effective = new WireGuardNetworkStatus.Effective();
    effective.listenPort = choice.listenPort();
    effective.interfaceName = choice.interfaceName();
    effective.routingTable = choice.routingTable();
    effective.rulePriority = choice.rulePriority();
    effective.clusterCIDRs = ranges.outsideOf(selected).stream().map(IpPrefix::toString).toList();
    var nodes = network.getSpec().nodes;
    if (nodes != null) {
      effective.advertisedCIDRs =
          ranges.advertised(nodes.advertise, selected).stream().map(IpPrefix::toString).toList();
    }
    return effective;
  }

  private void addCounts(
      WireGuardNetworkStatus status, WireGuardNetwork network, Set<String> selected) {
    var name = network.getMetadata().getName();
    var meshNodes = state.meshNodes().by(ClusterCache.BY_NETWORK, name);
    status.nodes = new WireGuardNetworkStatus.NodeCounts();
    status.nodes.total = selected.size();
    status.nodes.ready =
        (int)
            meshNodes.stream()
                .filter(node -> selected.contains(node.getSpec().nodeName))
                .filter(NetworkReconciler::isReady)
                .count();
    var peers = state.peers().by(ClusterCache.BY_NETWORK, name);
    status.peers = new WireGuardNetworkStatus.PeerCounts();
    status.peers.total = peers.size();
    status.peers.connected = (int) peers.stream().filter(NetworkReconciler::isConnected).count();
    status.gateways =
        meshNodes.stream()
            .filter(node -> node.getSpec().gateway && selected.contains(node.getSpec().nodeName))
            .sorted(comparing(node -> node.getSpec().nodeName))
            .limit(MOST_GATEWAYS)
            .map(node -> gateway(network, node))
            .collect(Collectors.toCollection(ArrayList::new));
  }

  private WireGuardNetworkStatus.Gateway gateway(WireGuardNetwork network, MeshNode node) {
    var gateway = new WireGuardNetworkStatus.Gateway();
    gateway.node = node.getSpec().nodeName;
    gateway.endpoint =
        endpoints
            .of(network, node.getSpec().nodeName)
            .map(ConfiguredEndpoint::toString)
            .orElse(null);
    gateway.ready = isReady(node) && !leases.isLost(node.getSpec().nodeName);
    return gateway;
  }

  private void addPools(WireGuardNetworkStatus status, WireGuardNetwork network) {
    var pools = NetworkPools.of(network);
    var holdings = allocations.holdings(network.getMetadata().getName());
    var now = clock.instant();
    for (var pool : pools.pools()) {
      var use = pools.use(pool, holdings, now);
      var usage = new WireGuardNetworkStatus.PoolUsage();
      usage.name = use.pool();
      usage.capacity = use.capacity().toString();
      usage.allocated = Math.toIntExact(use.allocated());
      usage.quarantined = Math.toIntExact(use.quarantined());
      usage.free = use.free().toString();
      status.pools.add(usage);
    }
  }

  private NetworkConditions.Facts facts(
      WireGuardNetwork network,
      List<String> conflicts,
      List<String> overlaps,
      Set<String> selected,
      WireGuardNetworkStatus status) {
    var name = network.getMetadata().getName();
    var waiting =
        selected.stream()
            .filter(node ->
                state
                    .meshNodes()
                    .get(MeshNodeName.of(name, node))
                    .filter(NetworkReconciler::isReady)
                    .isEmpty())
            .sorted()
            .toList();
    return new NetworkConditions.Facts(
        conflicts,
        overlaps,
        exhausted(network),
        network.getSpec().gateways == null
            ? null
            : status.gateways.stream()
                .map(it -> new NetworkConditions.GatewayFacts(it.node, host(network, it.node)))
                .toList(),
        selected.size(),
        waiting);
  }

  private @Nullable String host(WireGuardNetwork network, String node) {
    return endpoints.of(network, node).map(ConfiguredEndpoint::host).orElse(null);
  }

  private List<String> exhausted(WireGuardNetwork network) {
    var pools = NetworkPools.of(network);
    var holdings = allocations.holdings(network.getMetadata().getName());
    var now = clock.instant();
    var free = new HashMap<Family, BigInteger>();
    for (var pool : pools.pools()) {
      free.merge(pool.cidr().family(), pools.use(pool, holdings, now).free(), BigInteger::add);
    }
    return free.entrySet().stream()
        .filter(it -> it.getValue().signum() == 0)
        .map(it -> it.getKey() == Family.IPV4 ? "IPv4" : "IPv6")
        .sorted()
        .toList();
  }

  /** Pools that an older network, or the cluster itself, has already. */
  private List<String> overlaps(WireGuardNetwork network) {
    var problems = new ArrayList<String>();
    var age = MeshViews.creationOrder(network);
    for (var pool : NetworkPools.of(network).pools()) {
      for (var other : state.networks().all()) {
        if (MeshViews.creationOrder(other).compareTo(age) < 0
            && NetworkPools.of(other).pools().stream()
                .anyMatch(it -> it.cidr().overlaps(pool.cidr()))) {
          problems.add(
              "The pool "
                  + pool.cidr()
                  + " overlaps one of network "
                  + other.getMetadata().getName()
                  + ": choose another block.");
        }
      }
      ranges.outsideOf(Set.of()).stream()
          .filter(range -> range.overlaps(pool.cidr()))
          .findFirst()
          .ifPresent(range ->
              problems.add(
                  "The pool "
                      + pool.cidr()
                      + " overlaps "
                      + range
                      + ", which the cluster uses for its nodes, pods or Services: choose"
                      + " another block."));
    }
    return problems;
  }

  private static boolean isReady(MeshNode node) {
    return Conditions.isTrue(node.getStatus().conditions, Conditions.READY);
  }

  private static boolean isConnected(Peer peer) {
    return Conditions.isTrue(peer.getStatus().conditions, "Connected");
  }
}
