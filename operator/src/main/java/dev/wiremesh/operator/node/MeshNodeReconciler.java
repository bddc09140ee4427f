package dev.wiremesh.operator.node;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeSpec;
import dev.wiremesh.api.v1alpha1.MeshNodeStatus;
import dev.wiremesh.api.v1alpha1.NetworkReference;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.AddressRequest;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.ipam.OwnerAddresses;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FailedSteps;
import dev.wiremesh.operator.kube.Failure;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles a MeshNode: its key pair, addresses, endpoints, site, pod ranges and gateway role; and
 * reports how it reaches the other nodes, and that its agent is silent.
 */
@ControllerConfiguration(name = "meshnode")
public final class MeshNodeReconciler extends LimitedReconciler<MeshNode> {
  private static final int MOST_POD_CIDRS = 16;

  private final KubernetesClient client;
  private final ClusterCache state;
  private final OperatorSecrets secrets;
  private final AddressAllocator allocator;
  private final ReachableNodes reachableNodes;
  private final SilentAgentStatus silentAgents;
  private final StatusPatch<MeshNode> patch;
  private final Events events;
  private final Clock clock;

  public MeshNodeReconciler(
      KubernetesClient client,
      ClusterCache state,
      AgentLeases leases,
      String namespace,
      OperatorSecrets secrets,
      AddressAllocator allocator,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(
        limit,
        new RequeueSource<>("meshnode", clock),
        node -> state.meshNodes().get(node.getMetadata().getName()));
    this.client = client;
    this.state = state;
    this.secrets = secrets;
    this.allocator = allocator;
    this.reachableNodes = new ReachableNodes(state);
    this.silentAgents = new SilentAgentStatus(requeues(), leases, events, namespace);
    this.patch = new StatusPatch<>(requeues(), Patches.apply(), this::operatorsPart);
    this.events = events;
    this.clock = clock;
    state.meshNodes().listen(this::primaryChanged);
  }

  @Override
  protected Object operatorsPart(MeshNode node) {
    return Stream.of(ConditionType.PROVISIONED, ConditionType.NODES_REACHABLE)
        .flatMap(type -> Conditions.find(node.getStatus().conditions, type).stream())
        .toList();
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
        client
            .resource(primary)
            .lockResourceVersion(primary.getMetadata().getResourceVersion())
            .delete();
      }
      return UpdateControl.noUpdate();
    }
    var steps = new FailedSteps(Reason.NODE_REQUEST_REFUSED, Reason.NODE_OPERATOR_ERROR, context);
    var node = state.nodes().get(primary.getSpec().nodeName);
    if (node.isPresent() && MeshViews.unreadable(network.get()).isEmpty()) {
      var provisioned =
          steps.attempt(
              ConditionType.PROVISIONED,
              () -> provision(primary, network.get(), node.get()),
              () -> new Provisioned(List.of(), primary.getSpec()));
      var drafts = new ArrayList<>(provisioned.conditions());
      drafts.add(reachableNodes.of(primary, provisioned.spec(), network.get()));
      var before = primary.getStatus().conditions;
      var conditions = conditions(primary, steps.in(drafts));
      write(primary, conditions, context);
      if (!isNew(before, conditions)) {
        events.changed(primary, ConditionType.PROVISIONED, before, conditions);
      }
    }
    silentAgents.update(primary, context);
    steps.retry();
    return UpdateControl.noUpdate();
  }

  @Override
  protected void reportFailure(MeshNode primary, Failure failure, Context<MeshNode> context) {
    var reason = failure.refused() ? Reason.NODE_REQUEST_REFUSED : Reason.NODE_OPERATOR_ERROR;
    var failed = conditions(primary, List.of(ConditionDraft.of(reason, failure.message())));
    var conditions =
        Conditions.find(primary.getStatus().conditions, ConditionType.NODES_REACHABLE)
            .map(kept -> Conditions.with(failed, kept))
            .orElse(failed);
    // Before the write, which may be refused too.
    events.changed(primary, ConditionType.PROVISIONED, primary.getStatus().conditions, conditions);
    write(primary, conditions, context);
  }

  private List<Condition> conditions(MeshNode primary, List<ConditionDraft> drafts) {
    return Conditions.of(
        drafts,
        primary.getStatus().conditions,
        primary.getMetadata().getGeneration(),
        clock.instant());
  }

  /** Whether a node has just joined, which needs no Event. */
  private static boolean isNew(List<Condition> before, List<Condition> now) {
    return Conditions.find(before, ConditionType.PROVISIONED).isEmpty()
        && Conditions.isTrue(now, ConditionType.PROVISIONED);
  }

  /** Writes the operator's conditions; equal ones are not written. */
  private void write(MeshNode primary, List<Condition> desired, Context<MeshNode> context) {
    if (primary.getStatus().conditions.containsAll(desired)) {
      return;
    }
    var status = new MeshNodeStatus();
    status.conditions = desired;
    patch.apply(primary, MeshNodes.status(primary, status), context);
  }

  /**
   * The result of provisioning a node.
   *
   * @param spec of the MeshNode, as it is now
   */
  private record Provisioned(List<ConditionDraft> conditions, MeshNodeSpec spec) {}

  private Provisioned provision(MeshNode primary, WireGuardNetwork network, Node node) {
    var name = primary.getMetadata().getName();
    var networkName = network.getMetadata().getName();
    var desired = new MeshNodeSpec();
    desired.networkRef = new NetworkReference(networkName);
    desired.nodeName = primary.getSpec().nodeName;
    desired.gateway = isGateway(network, node);
    secrets.nodeKey(name, networkName, ownedBy(primary));
    desired.keySecret = SecretNames.node(name);
    desired.endpoints = NodeEndpoints.of(network, node);
    desired.site = site(network, node);
    desired.podCIDRs =
        PodCidrs.of(node).stream().limit(MOST_POD_CIDRS).map(IpPrefix::toString).toList();
    var addresses = addresses(primary, network);
    desired.addresses = addresses.texts();

    if (!Json.same(desired, primary.getSpec())) {
      var uid = primary.getMetadata().getUid();
      var written =
          client.resource(MeshNodes.intent(name, uid, node, desired)).patch(Patches.apply());
      // The condition answers to the spec that was just written.
      primary.getMetadata().setGeneration(written.getMetadata().getGeneration());
      primary.getMetadata().setResourceVersion(written.getMetadata().getResourceVersion());
    }
    return new Provisioned(List.of(MeshNodeConditions.provisioned(addresses)), desired);
  }

  /**
   * The addresses of the spec's override, else those that the node has, else free ones: a node
   * whose override cannot be served is in the mesh all the same.
   */
  private OwnerAddresses addresses(MeshNode primary, WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    var pools = NetworkPools.of(network);
    var owner = owner(primary);
    var asked =
        allocator.ensure(
            name, pools, owner, NodeOverrides.addresses(network, primary.getSpec().nodeName));
    if (asked.problems().isEmpty()) {
      return asked;
    }
    var others = allocator.ensure(name, pools, owner, AddressRequest.ANY);
    return new OwnerAddresses(others.addresses(), asked.problems());
  }

  private static boolean isGateway(WireGuardNetwork network, Node node) {
    var gateways = network.getSpec().gateways;
    return gateways != null
        && LabelSelectors.matches(gateways.selector, node.getMetadata().getLabels());
  }

  /** The value of the node's site label; null if it has none. */
  private static @Nullable String site(WireGuardNetwork network, Node node) {
    var nodes = network.getSpec().nodes;
    var label = nodes == null ? null : nodes.siteLabel;
    var labels = node.getMetadata().getLabels();
    var site = label == null || labels == null ? null : labels.get(label);
    return site == null || site.isEmpty() ? null : site;
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
}
