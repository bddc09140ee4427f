package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.operator.kube.ApiErrors;
import dev.wiremesh.operator.kube.ResourceVersions;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Secrets of deleted Peers that the garbage collector has left, which are deleted here.
 * Thread-safe.
 *
 * <p>The garbage collector of Kubernetes misses the deletion of an object that was created again
 * under its name while the collector's watch was interrupted, as it is by a restart of the API
 * server. The Secret would keep the key of the deleted Peer for ever.
 *
 * <p>A Secret without an owner is never deleted: it was restored, and its Peer may follow. Neither
 * is a restored copy of a published Secret.
 */
public final class LeftSecrets {
  private static final Logger LOG = LoggerFactory.getLogger(LeftSecrets.class);

  /** The time that the garbage collector has first. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** Checks in a sweep, each of two requests. */
  private static final int PER_SWEEP = 50;

  /** Further deletions are not noted; the Peers' IPAllocations still tell of them. */
  private static final int MOST = 10_000;

  private final KubernetesClient client;
  private final ClusterCache state;
  private final Clock clock;

  /** Deleted and replaced Peers that have not been checked, and since when. */
  private final Map<ResourceID, Instant> deleted = new ConcurrentHashMap<>();

  public LeftSecrets(KubernetesClient client, ClusterCache state, Clock clock) {
    this.client = client;
    this.state = state;
    this.clock = clock;
    state.peers().listen(this::peerChanged);
  }

  private void peerChanged(@Nullable Peer before, @Nullable Peer after) {
    boolean isGone =
        before != null && (after == null || !ResourceVersions.areOfOneObject(before, after));
    if (isGone && deleted.size() < MOST) {
      deleted.put(ResourceID.fromResource(before), clock.instant());
    }
  }

  /**
   * Checks the Secrets of Peers that were deleted a while ago.
   *
   * @param leads whether this replica leads; another one forgets the Peers, which are the leader's
   */
  public void sweep(boolean leads) {
    var until = clock.instant().minus(GRACE);
    var due =
        deleted.entrySet().stream()
            .filter(peer -> !peer.getValue().isAfter(until))
            .limit(leads ? PER_SWEEP : MOST)
            .toList();
    for (var peer : due) {
      if (leads) {
        try {
          removeOf(peer.getKey());
        } catch (KubernetesClientException e) {
          // A later sweep tries again, after the Peers behind this one.
          deleted.put(peer.getKey(), clock.instant());
          LOG.atWarn()
              .addKeyValue("peer", peer.getKey())
              .setCause(e)
              .log("Cannot check the Secret of a deleted Peer");
          return;
        }
      }
      deleted.remove(peer.getKey(), peer.getValue());
    }
  }

  /**
   * Deletes the Secret that the owner of an IPAllocation has left; does nothing if the owner
   * exists. An IPAllocation outlives its Peer and restarts of the operator.
   *
   * @throws KubernetesClientException the API server's refusal
   */
  public void removeOf(IPAllocationSpec.Owner owner) {
    if (owner.kind != IPAllocationSpec.OwnerKind.PEER || owner.namespace == null) {
      return;
    }
    boolean isThere =
        state
            .peers()
            .get(owner.namespace, owner.name)
            .filter(peer -> peer.getMetadata().getUid().equals(owner.uid))
            .isPresent();
    if (!isThere) {
      removeOf(new ResourceID(owner.name, owner.namespace));
    }
  }

  private void removeOf(ResourceID name) {
    var namespace = name.getNamespace().orElseThrow();
    var secret =
        client.secrets().inNamespace(namespace).withName(SecretNames.peer(name.getName())).get();
    if (secret == null) {
      return;
    }
    // Read after the Secret, so that its owner is known if it is there.
    var peer = client.resources(Peer.class).inNamespace(namespace).withName(name.getName()).get();
    if (isLeft(secret, name, peer)) {
      try {
        delete(client, secret);
      } catch (KubernetesClientException e) {
        if (!ApiErrors.isConflict(e)) {
          throw e;
        }
        // Adopted by a new Peer of this name, or written by an operator that is late.
        deleted.putIfAbsent(name, clock.instant());
      }
    }
  }

  private static boolean isLeft(Secret secret, ResourceID name, @Nullable Peer peer) {
    if (peer != null) {
      return PeerSecret.of(secret, peer) instanceof PeerSecret.Left;
    }
    return switch (PeerSecret.of(secret, absent(name))) {
      case PeerSecret.Left _ -> true;
      // It has a key and no configuration, and no Peer is there that could adopt it.
      case PeerSecret.Restored _ ->
          !secret.getMetadata().getOwnerReferences().isEmpty() && !PeerSecret.isCopy(secret);
      case PeerSecret.Absent _, PeerSecret.Own _, PeerSecret.Unusable _ -> false;
    };
  }

  /** A Peer of a name that owns nothing. */
  private static Peer absent(ResourceID name) {
    var peer = new Peer();
    peer.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(name.getNamespace().orElseThrow())
            .withName(name.getName())
            .withUid("")
            .build());
    return peer;
  }

  /**
   * Deletes the Secret of a deleted Peer.
   *
   * @throws KubernetesClientException the API server's refusal; a conflict if the Secret has
   *     changed
   */
  static void delete(KubernetesClient client, Secret left) {
    client.resource(left).lockResourceVersion(left.getMetadata().getResourceVersion()).delete();
    LOG.atInfo()
        .addKeyValue("namespace", left.getMetadata().getNamespace())
        .addKeyValue("secret", left.getMetadata().getName())
        .log("Secret of a deleted Peer removed");
  }
}
