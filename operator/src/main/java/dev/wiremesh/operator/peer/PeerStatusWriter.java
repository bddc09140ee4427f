package dev.wiremesh.operator.peer;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.operator.kube.Json;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.javaoperatorsdk.operator.api.reconciler.Context;

/**
 * Writes the operator's part of a Peer's status by server-side apply. An equal status is not
 * written. The rest, {@code connectivity} and the condition Connected, is the serving gateway's.
 */
final class PeerStatusWriter {
  private final StatusPatch<Peer> patch;

  PeerStatusWriter(RequeueSource<Peer> requeues) {
    this.patch =
        new StatusPatch<>(requeues, Patches.apply(), peer -> operatorsPart(peer.getStatus()));
  }

  void write(Peer peer, PeerStatus desired, Context<Peer> context) {
    if (Json.same(desired, operatorsPart(peer.getStatus()))) {
      return;
    }
    var intent = new Peer();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withName(peer.getMetadata().getName())
            .withNamespace(peer.getMetadata().getNamespace())
            .build());
    intent.setSpec(null);
    intent.setStatus(desired);
    patch.apply(peer, intent, context);
  }

  /** The fields that the operator owns. */
  static PeerStatus operatorsPart(PeerStatus status) {
    var part = new PeerStatus();
    part.observedGeneration = status.observedGeneration;
    part.addresses = status.addresses;
    part.homeGateway = status.homeGateway;
    part.publicKey = status.publicKey;
    part.configSecret = status.configSecret;
    part.routes = status.routes;
    part.routesAccepted = status.routesAccepted;
    part.conditions =
        status.conditions.stream()
            .filter(condition -> !Conditions.isOf(condition, ConditionType.CONNECTED))
            .toList();
    return part;
  }
}
