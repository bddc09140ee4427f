package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import dev.wiremesh.operator.state.AgentLeases;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * Sets the Connected condition of a gateway's peers to Unknown when the gateway's Lease expires,
 * under a field manager of its own: the gateway's next apply takes the fields back.
 */
final class GatewayLostStatus {
  private final StatusPatch<Peer> patch;
  private final AgentLeases leases;
  private final Clock clock;

  GatewayLostStatus(RequeueSource<Peer> requeues, AgentLeases leases, Clock clock) {
    this.patch =
        new StatusPatch<>(
            requeues, Patches.applyForAgents(), peer -> gatewaysPart(peer.getStatus()));
    this.leases = leases;
    this.clock = clock;
  }

  private static PeerStatus gatewaysPart(PeerStatus status) {
    var part = new PeerStatus();
    part.connectivity = status.connectivity;
    part.conditions =
        status.conditions.stream()
            .filter(condition -> Conditions.isOf(condition, ConditionType.CONNECTED))
            .toList();
    return part;
  }

  void update(Peer peer, @Nullable String home, Context<Peer> context) {
    if (home == null || !leases.isSilent(home) || isWritten(peer) || leases.isBack(home)) {
      return;
    }
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS);
    var status = new PeerStatus();
    status.connectivity = new PeerStatus.Connectivity();
    status.connectivity.state = PeerStatus.State.UNKNOWN;
    status.connectivity.since = now.toString();
    status.conditions.add(
        ConditionDraft.of(
                Reason.PEER_GATEWAY_LOST,
                "The agent of gateway "
                    + home
                    + " does not answer for it any more: see whether node "
                    + home
                    + " and its wiremesh-agent pod run.")
            .since(now, peer.getMetadata().getGeneration()));
    var intent = new Peer();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(peer.getMetadata().getNamespace())
            .withName(peer.getMetadata().getName())
            .build());
    intent.setSpec(null);
    intent.setStatus(status);
    patch.apply(peer, intent, context);
  }

  private static boolean isWritten(Peer peer) {
    return Conditions.has(peer.getStatus().conditions, Reason.PEER_GATEWAY_LOST);
  }
}
