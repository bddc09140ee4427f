package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.noise.Aead;
import dev.wiremesh.wireguard.noise.Blake2s;
import java.time.Duration;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Checks MAC1 and MAC2 of handshake messages to one local identity, and makes cookie replies
 * (whitepaper sections 5.3, 5.4.4 and 5.4.7). A cookie binds the sender's address and port by a
 * secret that changes every two minutes. Guarded by the control lock.
 */
public final class CookieChecker {
  private static final long SECRET_LIFETIME_NANOS = Duration.ofSeconds(120).toNanos();

  private final MacKeys keys;
  private final RandomGenerator random;
  private byte @Nullable [] secret;
  private long secretSince;

  public CookieChecker(PublicKey identity, RandomGenerator random) {
    this.keys = MacKeys.of(identity);
    this.random = random;
  }

  /** True if the MAC1 is valid: the sender knows this identity's public key. */
  public boolean hasMac1(byte[] message) {
    return MacKeys.hasMac1(message, keys.mac1());
  }

  /** True if the MAC2 is valid: the sender receives packets at its source address. */
  public boolean hasMac2(byte[] message, Endpoint from, long now) {
    return secret != null
        && now - secretSince < SECRET_LIFETIME_NANOS
        && MacKeys.carriesMac2(message) // a flood carries none: spend no hash on it
        && MacKeys.hasMac2(message, cookieOf(secret, from));
  }

  /** The cookie reply to a message whose MAC1 is valid. */
  public CookieReply reply(byte[] message, int sender, Endpoint from, long now) {
    if (secret == null || now - secretSince >= SECRET_LIFETIME_NANOS) {
      wipe();
      secret = new byte[Blake2s.HASH_LENGTH];
      random.nextBytes(secret);
      secretSince = now;
    }
    var nonce = new byte[Aead.EXTENDED_NONCE_LENGTH];
    random.nextBytes(nonce);
    byte[] sealed =
        Aead.sealExtended(keys.cookie(), nonce, MacKeys.mac1Of(message), cookieOf(secret, from));
    return new CookieReply(sender, nonce, sealed);
  }

  /** Wipes the secret; all cookies become invalid. */
  public void wipe() {
    byte[] known = secret;
    if (known != null) {
      Arrays.fill(known, (byte) 0);
    }
    secret = null;
  }

  private static byte[] cookieOf(byte[] secret, Endpoint from) {
    return Blake2s.mac(secret, from.destinationBytes());
  }
}
