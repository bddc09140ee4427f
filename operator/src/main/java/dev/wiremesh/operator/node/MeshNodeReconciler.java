package dev.wiremesh.operator.node;

import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.AddressRequest;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Reconciles a MeshNode: its key pair, addresses, endpoints, pod ranges and gateway role. */
@ControllerConfiguration(name = "meshnode")
public final class MeshNodeReconciler extends LimitedReconciler<MeshNode> {
  private static final int MOST_POD_CIDRS = 16;
  private static final int MOST_ENDPOINTS = 8;

  private final KubernetesClient client;
  private final ClusterCache state;
  private final OperatorSecrets secrets;
  private final AddressAllocator allocator;
  private final Events events;

  /** The problem of the last Event, by MeshNode: Events are written on transitions only. */
  private final Map<String, String> reported = new ConcurrentHashMap<>();

  public MeshNodeReconciler(
      KubernetesClient client,
      ClusterCache state,
      OperatorSecrets secrets,
      AddressAllocator allocator,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(limit, new RequeueSource<>("meshnode", clock));
    this.client = client;
    this.state = state;
    this.secrets = secrets;
    this.allocator = allocator;
    this.events = events;
  }

  @Override
  protected UpdateControl<MeshNode> reconcileNow(MeshNode primary, Context<MeshNode> context) {
    if (primary.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    var networkName = primary.getSpec().networkRef.name;
    var network = state.networks().get(networkName);
    if (network.isEmpty()) {
      if (client.resources(WireGuardNetwork.class).withName(networkName).get() == null) {
        client.resource(primary).delete();
      }
      return UpdateControl.noUpdate();
    }
    var node = state.nodes().get(primary.getSpec().nodeName);
    if (node.isPresent() && MeshViews.unreadable(network.get()).isEmpty()) {
      bringUpToDate(primary, network.get(), node.get());
    }
    return UpdateControl.noUpdate();
  }

  private void bringUpToDate(MeshNode primary, WireGuardNetwork network, Node node) {
    var name = primary.getMetadata().getName();
    var networkName = network.getMetadata().getName();
    var desired = new MeshNodeSpec();
    desired.networkRef = new NetworkReference(networkName);
    desired.nodeName = primary.getSpec().nodeName;
    desired.gateway = isGateway(network, node);
    secrets.nodeKey(name, networkName, ownedBy(primary));
    desired.keySecret = SecretNames.node(name);
    desired.endpoints = endpoints(network, node);
    desired.podCIDRs =
        PodCidrs.of(node).stream().limit(MOST_POD_CIDRS).map(IpPrefix::toString).toList();
    var addresses =
        allocator.ensure(networkName, NetworkPools.of(network), owner(primary), AddressRequest.ANY);
    desired.addresses = addresses.texts();
    reportProblem(primary, addresses.problem());

    if (!Json.same(desired, primary.getSpec())) {
      var uid = primary.getMetadata().getUid();
      client.resource(MeshNodes.intent(name, uid, node, desired)).patch(Patches.apply());
    }
  }

  private static boolean isGateway(WireGuardNetwork network, Node node) {
    var gateways = network.getSpec().gateways;
    return gateways != null
        && LabelSelectors.matches(gateways.selector, node.getMetadata().getLabels());
  }

  private static List<HostPort> endpoints(WireGuardNetwork network, Node node) {
    var effective = network.getStatus().effective;
    var port = effective == null ? null : effective.listenPort;
    return port == null
        ? List.of()
        : NodeAddresses.of(node).all().stream()
            .limit(MOST_ENDPOINTS)
            .map(address -> new HostPort(address.toString(), port))
            .toList();
  }

  private static IPAllocationSpec.Owner owner(MeshNode node) {
    var owner = new IPAllocationSpec.Owner();
    owner.kind = IPAllocationSpec.OwnerKind.MESH_NODE;
    owner.name = node.getMetadata().getName();
    owner.uid = node.getMetadata().getUid();
    return owner;
  }

  private static OwnerReference ownedBy(MeshNode node) {
    return new OwnerReferenceBuilder()
        .withApiVersion(node.getApiVersion())
        .withKind(node.getKind())
        .withName(node.getMetadata().getName())
        .withUid(node.getMetadata().getUid())
        .build();
  }

  private void reportProblem(MeshNode node, String problems) {
    var name = node.getMetadata().getName();
    if (problems.isEmpty()) {
      reported.remove(name);
    } else if (!problems.equals(reported.put(name, problems))) {
      events.write(node, EventReason.POOL_EXHAUSTED, problems);
    }
  }
}
