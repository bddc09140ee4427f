package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.noise.Aead;
import dev.wiremesh.wireguard.noise.Blake2s;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Writes MAC1 and MAC2 of handshake messages to one peer; MAC2 with the peer's last cookie while
 * that is fresh (whitepaper section 5.4.4). Guarded by the control lock.
 */
public final class CookieGenerator {
  /** Five seconds less than the cookie checker accepts it, as in the kernel. */
  private static final long COOKIE_LIFETIME_NANOS = Duration.ofSeconds(115).toNanos();

  private final PublicKey peer;

  /** Computed at first use, because many peers never shake hands. */
  private @Nullable MacKeys keys;

  private byte @Nullable [] lastMac1;
  private byte @Nullable [] cookie;
  private long cookieSince;

  public CookieGenerator(PublicKey peer) {
    this.peer = peer;
  }

  private MacKeys keys() {
    var known = keys;
    if (known == null) {
      known = MacKeys.of(peer);
      keys = known;
    }
    return known;
  }

  /** Writes the MACs into a message; MAC2 stays zero without a cookie. */
  public void sign(byte[] message, long now) {
    lastMac1 = MacKeys.writeMac1(message, keys().mac1());
    if (cookie != null && now - cookieSince >= COOKIE_LIFETIME_NANOS) {
      wipe();
    }
    if (cookie != null) {
      MacKeys.writeMac2(message, cookie);
    }
  }

  /**
   * Decrypts and stores the cookie of a reply to the last message.
   *
   * @return false if the reply belongs to another message
   */
  public boolean consumeReply(CookieReply reply, long now) {
    if (lastMac1 == null) {
      return false;
    }
    byte[] opened =
        Aead.openExtended(keys().cookie(), reply.nonce(), lastMac1, reply.encryptedCookie());
    if (opened == null || opened.length != Blake2s.MAC_LENGTH) {
      return false;
    }
    lastMac1 = null;
    wipe();
    cookie = opened;
    cookieSince = now;
    return true;
  }

  /** Wipes the cookie. */
  public void wipe() {
    byte[] known = cookie;
    if (known != null) {
      Arrays.fill(known, (byte) 0);
    }
    cookie = null;
  }
}
