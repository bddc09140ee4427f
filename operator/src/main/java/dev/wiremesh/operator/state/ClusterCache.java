package dev.wiremesh.operator.state;

import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.NamespaceBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.networking.v1.ServiceCIDR;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * The caches of all watched kinds, one informer each. Nothing is deleted by comparison with them
 * before all are filled: {@link #start} returns then.
 */
public final class ClusterCache implements AutoCloseable {
  public static final String BY_NETWORK = "network";
  public static final String BY_NODE = "node";
  public static final String BY_KEY = "key";
  private static final String BY_ROUTES = "routes";
  private static final String SOME = "some";
  public static final String BY_OWNER = "owner";

  /**
   * Objects in an answer to a list: as large as they can be made, so many of them fit in the heap.
   */
  public static final long PAGE = 50;

  /** Pods in an answer to a list; none of them is kept. */
  private static final long POD_PAGE = 200;

  private final IndexedInformer<WireGuardNetwork> networks;
  private final IndexedInformer<Peer> peers;
  private final IndexedInformer<MeshNode> meshNodes;
  private final IndexedInformer<IPAllocation> allocations;
  private final IndexedInformer<Node> nodes;
  private final IndexedInformer<Secret> secrets;
  private final IndexedInformer<Lease> agentLeases;
  private final IndexedInformer<Lease> deviceClaims;
  private final IndexedInformer<Namespace> namespaces;
  private final IndexedInformer<EndpointSlice> apiServers;
  private final IndexedInformer<Pod> pods;
  private final DiscardingStore<Pod> podEvents = new DiscardingStore<>();
  private final Optional<IndexedInformer<ServiceCIDR>> serviceCidrs;

  public ClusterCache(KubernetesClient client, String namespace, Clock clock) {
    networks =
        new IndexedInformer<>(
            client.resources(WireGuardNetwork.class).withLimit(PAGE).runnableInformer(0),
            Map.of(),
            clock);
    peers =
        new IndexedInformer<>(
            client.resources(Peer.class).inAnyNamespace().withLimit(PAGE).runnableInformer(0),
            Map.of(
                BY_NETWORK,
                peer -> List.of(peer.getSpec().networkRef.name),
                BY_ROUTES,
                peer -> peer.getSpec().routes.isEmpty() ? List.of() : List.of(SOME),
                BY_KEY,
                peer -> Optional.ofNullable(peer.getStatus().publicKey).stream().toList()),
            clock);
    meshNodes =
        new IndexedInformer<>(
            client.resources(MeshNode.class).withLimit(PAGE).runnableInformer(0),
            Map.of(
                BY_NETWORK,
                node -> List.of(node.getSpec().networkRef.name),
                BY_NODE,
                node -> List.of(node.getSpec().nodeName)),
            clock);
    allocations =
        new IndexedInformer<>(
            client.resources(IPAllocation.class).withLimit(PAGE).runnableInformer(0),
            Map.of(
                BY_NETWORK,
                allocation -> List.of(allocation.getSpec().network),
                BY_OWNER,
                allocation -> List.of(OwnerKey.of(allocation.getSpec().owner))),
            clock);
    nodes = new IndexedInformer<>(client.nodes().runnableInformer(0), Map.of(), clock);
    secrets =
        new IndexedInformer<>(
            client
                .secrets()
                .inNamespace(namespace)
                .withLabel(Labels.MANAGED_BY, Labels.WIREMESH)
                .runnableInformer(0),
            Map.of(),
            clock);
    agentLeases =
        new IndexedInformer<>(
            client.leases().inNamespace(namespace).withLabel(Labels.GATEWAY).runnableInformer(0),
            Map.of(),
            clock);
    deviceClaims =
        new IndexedInformer<>(
            client.leases().inNamespace(namespace).withLabel(Labels.CLAIM).runnableInformer(0),
            Map.of(),
            clock);
    namespaces =
        new IndexedInformer<>(
            client
                .namespaces()
                .withLimit(PAGE)
                .runnableInformer(0)
                .itemStore(new TrimmedStore<>(ClusterCache::withLabelsOnly)),
            Map.of(),
            clock);
    apiServers =
        new IndexedInformer<>(
            client
                .discovery()
                .v1()
                .endpointSlices()
                .inNamespace("default")
                .withLabel("kubernetes.io/service-name", "kubernetes")
                .runnableInformer(0),
            Map.of(),
            clock);
    pods =
        new IndexedInformer<>(
            client
                .pods()
                .inAnyNamespace()
                .withLimit(POD_PAGE)
                .runnableInformer(0)
                .itemStore(podEvents),
            Map.of(),
            clock);
    serviceCidrs =
        client.supports(ServiceCIDR.class)
            ? Optional.of(
                new IndexedInformer<>(
                    client.resources(ServiceCIDR.class).runnableInformer(0), Map.of(), clock))
            : Optional.empty();
  }

  private static Namespace withLabelsOnly(Namespace namespace) {
    var metadata = namespace.getMetadata();
    return new NamespaceBuilder()
        .withNewMetadata()
        .withName(metadata.getName())
        .withUid(metadata.getUid())
        .withResourceVersion(metadata.getResourceVersion())
        .withLabels(metadata.getLabels())
        .endMetadata()
        .build();
  }

  /**
   * Starts the informers and returns when all caches are filled.
   *
   * @throws TimeoutException if the API server did not answer in time
   */
  public void start(Duration patience) throws InterruptedException, TimeoutException {
    var others = new ArrayList<>(kinds().values());
    others.remove(pods);
    // Pods last: addresses inside ranges that the other kinds tell of are not noted one by one.
    var started =
        CompletableFuture.allOf(
                others.stream()
                    .map(kind -> kind.start().toCompletableFuture())
                    .toArray(CompletableFuture[]::new))
            .thenCompose(nothing -> pods.start());
    try {
      started.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("cannot watch the cluster", e.getCause());
    }
  }

  /** The watched kinds by name, for health and metrics. */
  public Map<String, IndexedInformer<?>> kinds() {
    var kinds = new java.util.TreeMap<String, IndexedInformer<?>>();
    kinds.put("WireGuardNetwork", networks);
    kinds.put("Peer", peers);
    kinds.put("MeshNode", meshNodes);
    kinds.put("IPAllocation", allocations);
    kinds.put("Node", nodes);
    kinds.put("Secret", secrets);
    kinds.put("Lease", agentLeases);
    kinds.put("DeviceClaim", deviceClaims);
    kinds.put("Namespace", namespaces);
    kinds.put("EndpointSlice", apiServers);
    kinds.put("Pod", pods);
    serviceCidrs.ifPresent(kind -> kinds.put("ServiceCIDR", kind));
    return kinds;
  }

  public IndexedInformer<WireGuardNetwork> networks() {
    return networks;
  }

  public IndexedInformer<Peer> peers() {
    return peers;
  }

  public IndexedInformer<MeshNode> meshNodes() {
    return meshNodes;
  }

  public IndexedInformer<IPAllocation> allocations() {
    return allocations;
  }

  public IndexedInformer<Node> nodes() {
    return nodes;
  }

  /** Our own Secrets in the operator's namespace. */
  public IndexedInformer<Secret> secrets() {
    return secrets;
  }

  /** Those that agents renew. */
  public IndexedInformer<Lease> agentLeases() {
    return agentLeases;
  }

  /** Those that claim device parameters for networks. */
  public IndexedInformer<Lease> deviceClaims() {
    return deviceClaims;
  }

  /** All namespaces, with their labels alone. */
  public IndexedInformer<Namespace> namespaces() {
    return namespaces;
  }

  /** Peers of all networks that request routes. */
  public List<Peer> peersWithRoutes() {
    return peers.by(BY_ROUTES, SOME);
  }

  /** The EndpointSlices of the Service {@code kubernetes}: the API server's own addresses. */
  public IndexedInformer<EndpointSlice> apiServers() {
    return apiServers;
  }

  /**
   * Calls the reader with each new version of each pod; pods are not kept. To be called before
   * {@link #start}, which returns after the reader has had every pod.
   */
  public void readPods(Consumer<Pod> reader) {
    podEvents.read(reader);
  }

  /** Whether the first list of pods is complete. */
  public boolean podsSynced() {
    return pods.hasSynced();
  }

  /** The ServiceCIDRs; empty where the API server does not serve them. */
  public Optional<IndexedInformer<ServiceCIDR>> serviceCidrs() {
    return serviceCidrs;
  }

  @Override
  public void close() {
    new ArrayList<>(kinds().values()).forEach(IndexedInformer::close);
  }
}
