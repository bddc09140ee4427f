package dev.wiremesh.operator.peer;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.keys.PublicKey;
import java.util.Optional;

/** A peer's key, or why there is none. */
sealed interface PeerKey {

  /** The operator made it; it stands in the peer's Secret. */
  record Generated(PrivateKey privateKey) implements PeerKey {}

  /** It comes from a Secret of the user. */
  record FromSecret(PrivateKey privateKey) implements PeerKey {}

  /** Only its public half is known. */
  record PublicOnly(PublicKey publicKey) implements PeerKey {}

  /** The Secret that spec.keySecretRef names is not there. */
  record NotFound(String message) implements PeerKey {}

  /** A Secret holds something else than a key. */
  record Invalid(String message) implements PeerKey {}

  /** There is no place to keep a key in. */
  record NoPlace(String message) implements PeerKey {}

  default Optional<PrivateKey> privateHalf() {
    return switch (this) {
      case Generated(var key) -> Optional.of(key);
      case FromSecret(var key) -> Optional.of(key);
      case PublicOnly ignored -> Optional.empty();
      case NotFound ignored -> Optional.empty();
      case Invalid ignored -> Optional.empty();
      case NoPlace ignored -> Optional.empty();
    };
  }

  default Optional<PublicKey> publicHalf() {
    return this instanceof PublicOnly(var key)
        ? Optional.of(key)
        : privateHalf().map(PrivateKey::publicKey);
  }
}
