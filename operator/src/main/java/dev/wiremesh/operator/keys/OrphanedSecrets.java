package dev.wiremesh.operator.keys;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes the gateway Secret and the preshared-key seed of a network a day after the network was
 * deleted. Not at once, and so not by an owner reference: a network that was deleted by mistake, or
 * is restored from a backup, needs the key that all its clients pin.
 */
public final class OrphanedSecrets {
  private static final Logger LOG = LoggerFactory.getLogger(OrphanedSecrets.class);
  private static final Duration KEPT = Duration.ofHours(24);

  private final KubernetesClient client;
  private final ClusterCache state;
  private final Clock clock;

  public OrphanedSecrets(KubernetesClient client, ClusterCache state, Clock clock) {
    this.client = client;
    this.state = state;
    this.clock = clock;
  }

  /** Checks all Secrets once. A failure is logged; the next sweep tries again. */
  public void sweep() {
    for (var secret : state.secrets().all()) {
      try {
        if (secret.getMetadata().getOwnerReferences().isEmpty()) {
          check(secret);
        }
      } catch (KubernetesClientException e) {
        LOG.atWarn()
            .addKeyValue("secret", secret.getMetadata().getName())
            .setCause(e)
            .log("Cannot check the Secret of a network");
      }
    }
  }

  private void check(Secret secret) {
    var labels = secret.getMetadata().getLabels();
    var network = labels == null ? null : labels.get(Labels.NETWORK);
    if (network == null) {
      return;
    }
    var releasedAt = releasedAt(secret);
    boolean isThere =
        state.networks().get(network).isPresent()
            || client.resources(WireGuardNetwork.class).withName(network).get() != null;
    if (isThere) {
      if (releasedAt.isPresent()) {
        annotate(secret, "null");
      }
    } else if (releasedAt.isEmpty()) {
      annotate(secret, '"' + clock.instant().truncatedTo(ChronoUnit.SECONDS).toString() + '"');
    } else if (!clock.instant().isBefore(releasedAt.get().plus(KEPT))) {
      client
          .resource(secret)
          .lockResourceVersion(secret.getMetadata().getResourceVersion())
          .delete();
      LOG.atInfo()
          .addKeyValue("network", network)
          .addKeyValue("secret", secret.getMetadata().getName())
          .log("Secret of a deleted network removed");
    }
  }

  private static Optional<Instant> releasedAt(Secret secret) {
    var annotations = secret.getMetadata().getAnnotations();
    var text = annotations == null ? null : annotations.get(Annotations.RELEASED_AT);
    try {
      return Optional.ofNullable(text).map(Instant::parse);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private void annotate(Secret secret, String json) {
    client
        .resource(secret)
        .patch(
            Patches.merge(),
            """
            {"metadata":{"uid":"%s","resourceVersion":"%s","annotations":{"%s":%s}}}\
            """
                .formatted(
                    secret.getMetadata().getUid(),
                    secret.getMetadata().getResourceVersion(),
                    Annotations.RELEASED_AT,
                    json));
  }
}
