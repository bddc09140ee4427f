package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import org.jspecify.annotations.Nullable;

/**
 * The local identity that a peer was bound to before. Its initiations to that identity are still
 * answered; initiations to the peer use the present identity.
 *
 * @param name of the local identity
 * @param presharedKey of the pair of that identity and the peer
 */
public record FormerIdentity(String name, @Nullable PresharedKey presharedKey) {

  /** A copy with a preshared key of its own. */
  public FormerIdentity copy() {
    return new FormerIdentity(name, presharedKey == null ? null : presharedKey.copy());
  }

  public boolean isOf(String identityName) {
    return name.equals(identityName);
  }

  public void destroy() {
    if (presharedKey != null) {
      presharedKey.destroy();
    }
  }
}
