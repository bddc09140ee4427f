package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.noise.Aead;
import dev.wiremesh.wireguard.noise.Blake2s;
import java.time.Duration;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Signs what we send to one peer, with the cookie that it gave us as long as that is fresh
 * (whitepaper section 5.4.4).
 */
public final class CookieGenerator {
  /** Five seconds less than whoever made it honours it, as the kernel does. */
  private static final long COOKIE_LIFETIME_NANOS = Duration.ofSeconds(115).toNanos();

  private final PublicKey peer;

  /** Computed when it is first needed: many peers never say a word. */
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

  /** Writes both MACs into a message; the second stays zero without a cookie. */
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
   * Takes a cookie if it answers the last message that we signed.
   *
   * @return false if it does not
   */
  public boolean take(CookieReply reply, long now) {
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

  /** Forgets the cookie. */
  public void wipe() {
    byte[] known = cookie;
    if (known != null) {
      Arrays.fill(known, (byte) 0);
    }
    cookie = null;
  }
}
