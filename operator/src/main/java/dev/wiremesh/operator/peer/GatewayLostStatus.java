package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.operator.kube.Conditions;
import dev.wiremesh.operator.kube.FieldManagers;
import dev.wiremesh.operator.state.GatewayLeases;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What a gateway says of its peers is news for as long as it lives. Once it is lost nobody can tell
 * any more, and this says so in its place, under a name of its own: the gateway's next word takes
 * it back.
 */
final class GatewayLostStatus {
  static final String REASON = "GatewayLost";
  private static final String CONNECTED = "Connected";

  private final KubernetesClient client;
  private final GatewayLeases leases;
  private final Clock clock;

  GatewayLostStatus(KubernetesClient client, GatewayLeases leases, Clock clock) {
    this.client = client;
    this.leases = leases;
    this.clock = clock;
  }

  void tell(Peer peer, @Nullable String home) {
    if (home == null || !leases.isLost(home) || isTold(peer)) {
      return;
    }
    var now = clock.instant().truncatedTo(ChronoUnit.SECONDS).toString();
    var status = new PeerStatus();
    status.connectivity = new PeerStatus.Connectivity();
    status.connectivity.state = PeerStatus.State.UNKNOWN;
    status.connectivity.since = now;
    status.conditions.add(
        new ConditionBuilder()
            .withType(CONNECTED)
            .withStatus("Unknown")
            .withReason(REASON)
            .withMessage(
                "The agent of gateway "
                    + home
                    + " does not answer for it any more: see whether node "
                    + home
                    + " and its wiremesh-agent pod run.")
            .withObservedGeneration(peer.getMetadata().getGeneration())
            .withLastTransitionTime(now)
            .build());
    var intent = new Peer();
    intent.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(peer.getMetadata().getNamespace())
            .withName(peer.getMetadata().getName())
            .build());
    intent.setSpec(null);
    intent.setStatus(status);
    client.resource(intent).subresource("status").patch(FieldManagers.applyForGateways());
  }

  private static boolean isTold(Peer peer) {
    return Conditions.find(peer.getStatus().conditions, CONNECTED)
        .filter(condition -> REASON.equals(condition.getReason()))
        .isPresent();
  }
}
