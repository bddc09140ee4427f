package dev.wiremesh.operator.network;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkStatus;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.UnknownFields;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.routing.ClusterRanges;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.GatewayLeases;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.ControllerConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.PrimaryUpdateAndCacheUtils;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import java.time.Clock;

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
  private final Events events;
  private final Clock clock;

  public NetworkReconciler(
      KubernetesClient client,
      ClusterCache state,
      GatewayLeases leases,
      ClusterRanges ranges,
      OperatorSecrets secrets,
      DeviceClaims claims,
      Allocations allocations,
      Events events,
      WorkLimit limit,
      Clock clock) {
    super(limit, new RequeueSource<>("wireguardnetwork", clock));
    this.secrets = secrets;
    this.devices = new DeviceAllocations(state, secrets, claims);
    this.membership = new NodeMembership(client, state);
    this.poolOverlaps = new PoolOverlaps(state, ranges);
    this.statuses = new NetworkStatusBuilder(state, leases, allocations, ranges, clock);
    this.events = events;
    this.clock = clock;
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
    var gatewaySecret = createSecrets(network);
    var device = devices.allocate(network, gatewaySecret);
    var nodes = membership.align(network);
    var overlaps = poolOverlaps.of(network);

    var desired = statuses.build(network, overlaps.isEmpty() ? device.allocation() : null, nodes);
    desired.gatewayPublicKey = secrets.publicKey(gatewaySecret).toString();
    var observation =
        statuses
            .observe(network, desired, nodes)
            .deviceConflicts(device.conflicts())
            .poolOverlaps(overlaps)
            .build();
    var before = network.getStatus().conditions;
    desired.conditions =
        Conditions.of(
            UnknownFields.mentioned(NetworkConditions.of(observation), network),
            before,
            network.getMetadata().getGeneration(),
            clock.instant());
    write(network, desired, context);
    events.readyChanged(network, before, desired.conditions);
    return UpdateControl.noUpdate();
  }

  /** A network that cannot be read keeps what is in force, and says why. */
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
            UnknownFields.leftOut(ConditionDraft.of(Reason.NETWORK_INVALID_SPEC, unreadable)),
            before.conditions,
            network.getMetadata().getGeneration(),
            clock.instant());
    write(network, desired, context);
    events.readyChanged(network, before.conditions, desired.conditions);
  }

  /** Creates the missing Secrets; returns the gateway Secret. */
  private Secret createSecrets(WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    secrets.presharedKeySeed(name);
    return secrets.gateway(name);
  }

  private static void write(
      WireGuardNetwork network, WireGuardNetworkStatus desired, Context<WireGuardNetwork> context) {
    if (Json.same(desired, network.getStatus())) {
      return;
    }
    var intent = new WireGuardNetwork();
    intent.setMetadata(new ObjectMetaBuilder().withName(network.getMetadata().getName()).build());
    intent.setSpec(null);
    intent.setStatus(desired);
    PrimaryUpdateAndCacheUtils.ssaPatchStatusAndCacheResource(network, intent, context);
  }
}
