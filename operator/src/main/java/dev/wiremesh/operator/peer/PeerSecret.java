package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The object under the name of a peer's Secret. */
sealed interface PeerSecret {
  /** There is none. */
  record Absent() implements PeerSecret {}

  /** The peer's own Secret. */
  record Own(Secret secret) implements PeerSecret {}

  /**
   * A Secret of our type without an owner, or with a former Peer of this name as its owner. It is
   * adopted if its key fits.
   */
  record Restored(Secret secret) implements PeerSecret {}

  /** The Secret of a deleted Peer of this name: no copy of it, and not collected. It is deleted. */
  record Left(Secret secret) implements PeerSecret {}

  /**
   * A Secret that is not used, and never written.
   *
   * @param message a whole sentence with the remedy
   */
  record Unusable(String message) implements PeerSecret {}

  static PeerSecret of(@Nullable Secret secret, Peer peer) {
    if (secret == null) {
      return new Absent();
    }
    var owners = secret.getMetadata().getOwnerReferences();
    if (owners.stream().anyMatch(owner -> owner.getUid().equals(peer.getMetadata().getUid()))) {
      return new Own(secret);
    }
    if (!SecretNames.PEER_TYPE.equals(secret.getType())
        || !owners.stream().allMatch(owner -> isNamedAs(owner, peer))) {
      return new Unusable(
          "There is a Secret "
              + name(peer)
              + " that is not this Peer's: rename or delete it, or give the Peer another name.");
    }
    if (secret.getMetadata().getDeletionTimestamp() != null) {
      return new Unusable(
          "The Secret " + name(peer) + " is being deleted: the Peer waits until it is gone.");
    }
    return !owners.isEmpty() && markedUid(secret).equals(Optional.of(uid(secret)))
        ? new Left(secret)
        : new Restored(secret);
  }

  /** The Secret's namespace and name. */
  static String name(Peer peer) {
    return peer.getMetadata().getNamespace() + "/" + SecretNames.peer(peer.getMetadata().getName());
  }

  private static boolean isNamedAs(OwnerReference owner, Peer peer) {
    return owner.getKind().equals(peer.getKind())
        && owner.getName().equals(peer.getMetadata().getName())
        && group(owner.getApiVersion()).equals(group(peer.getApiVersion()));
  }

  private static String group(String apiVersion) {
    int slash = apiVersion.indexOf('/');
    return slash < 0 ? "" : apiVersion.substring(0, slash);
  }

  /** Whether the Secret was restored from a backup of one that the operator had published. */
  static boolean isCopy(Secret secret) {
    return markedUid(secret).filter(uid -> !uid.equals(uid(secret))).isPresent();
  }

  /** The uid of the Secret that the operator wrote; empty if it has published nothing in it. */
  private static Optional<String> markedUid(Secret secret) {
    return Optional.ofNullable(secret.getMetadata().getAnnotations())
        .map(annotations -> annotations.get(Annotations.SECRET_UID));
  }

  private static String uid(Secret secret) {
    return secret.getMetadata().getUid();
  }
}
