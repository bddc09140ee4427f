package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.Annotations;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.Secret;
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
    boolean leaves =
        secret.getMetadata().getDeletionTimestamp() != null
            || !owners.isEmpty() && isOriginal(secret);
    return leaves
        ? new Unusable(
            "The Secret " + name(peer) + " of a deleted Peer of this name has yet to go.")
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

  /**
   * Whether this is the object that the operator wrote, no copy. With a deleted Peer as its owner
   * it is about to be garbage-collected, and its key must not outlive that Peer.
   */
  private static boolean isOriginal(Secret secret) {
    var annotations = secret.getMetadata().getAnnotations();
    return annotations != null
        && secret.getMetadata().getUid().equals(annotations.get(Annotations.SECRET_UID));
  }
}
