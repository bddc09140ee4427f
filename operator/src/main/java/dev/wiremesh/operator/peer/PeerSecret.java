package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.api.model.Secret;
import org.jspecify.annotations.Nullable;

/** The object under the name of a peer's Secret. */
sealed interface PeerSecret {
  /** There is none. */
  record Absent() implements PeerSecret {}

  /** The peer's own Secret. */
  record Own(Secret secret) implements PeerSecret {}

  /** The Secret of a deleted Peer of this name, not garbage-collected yet. */
  record PreviousIncarnation() implements PeerSecret {}

  /** A Secret that is not this peer's. */
  record Foreign() implements PeerSecret {}

  static PeerSecret of(@Nullable Secret secret, Peer peer) {
    if (secret == null) {
      return new Absent();
    }
    var owners = secret.getMetadata().getOwnerReferences();
    if (owners.stream().anyMatch(owner -> owner.getUid().equals(peer.getMetadata().getUid()))) {
      return new Own(secret);
    }
    boolean ofPrevious =
        SecretNames.PEER_TYPE.equals(secret.getType())
            && owners.stream()
                .anyMatch(owner ->
                    owner.getKind().equals(peer.getKind())
                        && owner.getName().equals(peer.getMetadata().getName()));
    return ofPrevious ? new PreviousIncarnation() : new Foreign();
  }
}
