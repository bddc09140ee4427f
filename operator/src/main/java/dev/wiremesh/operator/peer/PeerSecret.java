package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.api.model.Secret;
import org.jspecify.annotations.Nullable;

/** What stands under the name of a peer's Secret. */
sealed interface PeerSecret {
  /** Nothing. */
  record Absent() implements PeerSecret {}

  /** The peer's own. */
  record Own(Secret secret) implements PeerSecret {}

  /** That of a deleted Peer of the same name, which the API server has yet to collect. */
  record PreviousIncarnation() implements PeerSecret {}

  /** Somebody else's. */
  record Foreign() implements PeerSecret {}

  static PeerSecret of(@Nullable Secret secret, Peer peer) {
    if (secret == null) {
      return new Absent();
    }
    var owners = secret.getMetadata().getOwnerReferences();
    if (owners.stream().anyMatch(it -> it.getUid().equals(peer.getMetadata().getUid()))) {
      return new Own(secret);
    }
    boolean namesake =
        SecretNames.PEER_TYPE.equals(secret.getType())
            && owners.stream()
                .anyMatch(it ->
                    it.getKind().equals(peer.getKind())
                        && it.getName().equals(peer.getMetadata().getName()));
    return namesake ? new PreviousIncarnation() : new Foreign();
  }
}
