package dev.wiremesh.operator.network;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.FailedSteps;
import dev.wiremesh.operator.kube.Failure;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import dev.wiremesh.operator.kube.UnknownFields;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.routing.ClusterRanges;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reconciles a WireGuardNetwork: creates its Secrets, allocates its device parameters, lets its
 * nodes join, and writes its status.
 */
@ControllerConfiguration(name = "wireguardnetwork", fieldManager = FieldManagers.OPERATOR)
public final class NetworkReconciler extends LimitedReconciler<WireGuardNetwork> {
  private final OperatorSecrets secrets;
  private final DeviceAllocations devices;
  private final NodeMembership membership;
  private final PoolOverlaps poolOverlaps;
  private final NetworkStatusBuilder statuses;
  private final StatusPatch<WireGuardNetwork> patch;
  private final Events events;
  private final Clock clock;

  public NetworkReconciler(
      KubernetesClient client,
      ClusterCache state,
      AgentLeases leases,
      ClusterRanges ranges,
      OperatorSecrets secrets,
      DeviceClaims claims,
      Allocations allocations,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(
        limit,
        new RequeueSource<>("wireguardnetwork", clock),
        network -> state.networks().get(network.getMetadata().getName()));
    this.secrets = secrets;
    this.devices = new DeviceAllocations(state, secrets, claims);
    this.membership = new NodeMembership(client, state);
    this.poolOverlaps = new PoolOverlaps(state, ranges);
    this.statuses = new NetworkStatusBuilder(state, leases, allocations, ranges, clock);
    this.patch = new StatusPatch<>(requeues(), Patches.apply(), this::operatorsPart);
    this.events = events;
    this.clock = clock;
    state.networks().listen(this::primaryChanged);
  }

  @Override
  protected Object operatorsPart(WireGuardNetwork network) {
    return network.getStatus();
  }

  @Override
  protected UpdateControl<WireGuardNetwork> reconcileNow(
      WireGuardNetwork network, Context<WireGuardNetwork> context) {
    if (network.isMarkedForDeletion()) {
      return UpdateControl.noUpdate();
    }
    var unreadable = MeshViews.unreadable(network);
    if (unreadable.isPresent()) {
      // A network that cannot be read keeps what is in force, and says why.
      var drafts =
          UnknownFields.leftOut(ConditionDraft.of(Reason.NETWORK_INVALID_SPEC, unreadable.get()));
      writeAndTell(network, kept(network), drafts, context);
      return UpdateControl.noUpdate();
    }
    var steps =
        new FailedSteps(Reason.NETWORK_REQUEST_REFUSED, Reason.NETWORK_OPERATOR_ERROR, context);
    var device =
        steps.attempt(
            ConditionType.ACCEPTED, () -> allocate(network), () -> Device.keptBy(network));
    var nodes = membership.selected(network);
    steps.attempt(ConditionType.AGENTS_READY, () -> membership.align(network));
    var overlaps =
        steps.attempt(ConditionType.ACCEPTED, () -> poolOverlaps.of(network), List::<String>of);

    var desired = statuses.build(network, overlaps.isEmpty() ? device.allocation() : null, nodes);
    desired.gatewayPublicKey = device.publicKey();
    var observation =
        statuses
            .observe(network, desired, nodes)
            .deviceConflicts(device.conflicts())
            .poolOverlaps(overlaps)
            .build();
    var judged = UnknownOverrides.mentioned(NetworkConditions.of(observation), network, nodes);
    var drafts = steps.in(UnknownFields.mentioned(judged, network));
    writeAndTell(network, desired, drafts, context);
    steps.retry();
    return UpdateControl.noUpdate();
  }

  /**
   * The network's device parameters and its gateways' key.
   *
   * @param allocation null if the network may not come into force now
   * @param conflicts what another network has, whole sentences
   * @param publicKey null as long as there is none
   */
  private record Device(
      @Nullable DeviceAllocation allocation, List<String> conflicts, @Nullable String publicKey) {

    /** The status keeps what is in force while the Secret cannot be read or written. */
    static Device keptBy(WireGuardNetwork network) {
      return new Device(null, List.of(), network.getStatus().gatewayPublicKey);
    }
  }

  private Device allocate(WireGuardNetwork network) {
    var gatewaySecret = createSecrets(network);
    var result = devices.allocate(network, gatewaySecret);
    return new Device(
        result.allocation(), result.conflicts(), secrets.publicKey(gatewaySecret).toString());
  }

  @Override
  protected void reportFailure(
      WireGuardNetwork network, Failure failure, Context<WireGuardNetwork> context) {
    var ready =
        ConditionDraft.of(
            failure.refused() ? Reason.NETWORK_REQUEST_REFUSED : Reason.NETWORK_OPERATOR_ERROR,
            failure.message());
    var conditions =
        Conditions.with(
            network.getStatus().conditions, conditions(network, List.of(ready)).getFirst());
    // Before the write, which may be refused too.
    events.readyChanged(network, network.getStatus().conditions, conditions);
    write(network, kept(network), conditions, context);
  }

  private static WireGuardNetworkStatus kept(WireGuardNetwork network) {
    var before = network.getStatus();
    var status = new WireGuardNetworkStatus();
    status.effective = before.effective;
    status.nodes = before.nodes;
    status.peers = before.peers;
    status.pools = before.pools;
    status.gateways = before.gateways;
    status.gatewayPublicKey = before.gatewayPublicKey;
    return status;
  }

  private List<Condition> conditions(WireGuardNetwork network, List<ConditionDraft> drafts) {
    return Conditions.of(
        drafts,
        network.getStatus().conditions,
        network.getMetadata().getGeneration(),
        clock.instant());
  }

  /** Creates the missing Secrets; returns the gateway Secret. */
  private Secret createSecrets(WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    secrets.presharedKeySeed(name);
    return secrets.gateway(name);
  }

  private void writeAndTell(
      WireGuardNetwork network,
      WireGuardNetworkStatus desired,
      List<ConditionDraft> drafts,
      Context<WireGuardNetwork> context) {
    var before = network.getStatus().conditions;
    var conditions = conditions(network, drafts);
    write(network, desired, conditions, context);
    events.readyChanged(network, before, conditions);
  }

  /** Writes the status; an equal one is not written. */
  private void write(
      WireGuardNetwork network,
      WireGuardNetworkStatus desired,
      List<Condition> conditions,
      Context<WireGuardNetwork> context) {
    desired.observedGeneration = network.getMetadata().getGeneration();
    desired.conditions = conditions;
    if (Json.same(desired, network.getStatus())) {
      return;
    }
    var intent = new WireGuardNetwork();
    intent.setMetadata(new ObjectMetaBuilder().withName(network.getMetadata().getName()).build());
    intent.setSpec(null);
    intent.setStatus(desired);
    patch.apply(network, intent, context);
  }
}
