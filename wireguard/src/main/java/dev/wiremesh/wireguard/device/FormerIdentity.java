package dev.wiremesh.wireguard.device;

import dev.wiremesh.core.keys.PresharedKey;
import org.jspecify.annotations.Nullable;

/**
 * A local identity that a peer knew us by before: it is still answered there, while all that we
 * begin goes under the peer's present identity.
 *
 * @param name of the local identity
 * @param presharedKey of the pair of that identity and the peer
 */
public record FormerIdentity(String name, @Nullable PresharedKey presharedKey) {

  /** The same, with a key to be destroyed by itself. */
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
