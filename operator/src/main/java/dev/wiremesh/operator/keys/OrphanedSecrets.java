package dev.wiremesh.operator.keys;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.OwnerReference;
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
 * Secrets of the operator's namespace whose network or MeshNode is gone, which are deleted here.
 *
 * <p>The gateway Secret and the preshared-key seed of a network are deleted a day after the network
 * was. Not at once, and so not by an owner reference: a network that was deleted by mistake, or is
 * restored from a backup, needs the key that all its clients pin.
 *
 * <p>The Secret of a node has its MeshNode as its owner. The garbage collector misses a MeshNode
 * that was replaced under its name while the collector's watch was interrupted.
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

  /** Checks the Secrets of all networks once. A failure is logged; the next sweep tries again. */
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

  /** Deletes the Secrets of nodes whose MeshNode is gone. A failure is logged, as by a sweep. */
  public void sweepOwned() {
    for (var secret : state.secrets().all()) {
      var owners = secret.getMetadata().getOwnerReferences();
      try {
        if (!owners.isEmpty() && owners.stream().allMatch(this::isGone)) {
          delete(secret);
          LOG.atInfo()
              .addKeyValue("secret", secret.getMetadata().getName())
              .log("Secret of a deleted MeshNode removed");
        }
      } catch (KubernetesClientException e) {
        // A conflict: it was deleted and created again, and the cache will tell.
        if (!ApiErrors.isConflict(e)) {
          LOG.atWarn()
              .addKeyValue("secret", secret.getMetadata().getName())
              .setCause(e)
              .log("Cannot check the Secret of a node");
        }
      }
    }
  }

  /** Whether an owner is a MeshNode that does not exist. */
  private boolean isGone(OwnerReference owner) {
    if (!owner.getKind().equals(HasMetadata.getKind(MeshNode.class))
        || !owner.getApiVersion().equals(HasMetadata.getApiVersion(MeshNode.class))
        || state.meshNodes().get(owner.getName()).filter(it -> isOwner(it, owner)).isPresent()) {
      return false;
    }
    var live = client.resources(MeshNode.class).withName(owner.getName()).get();
    return live == null || !isOwner(live, owner);
  }

  private static boolean isOwner(MeshNode node, OwnerReference owner) {
    return node.getMetadata().getUid().equals(owner.getUid());
  }

  private void delete(Secret secret) {
    client.resource(secret).lockResourceVersion(secret.getMetadata().getResourceVersion()).delete();
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
      delete(secret);
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
