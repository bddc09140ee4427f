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
 * Checks the MACs of what is sent to one of our identities, and gives out cookies when there is too
 * much of it (whitepaper sections 5.3, 5.4.4 and 5.4.7). A cookie is bound to the sender's endpoint
 * by a secret that changes every two minutes.
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

  /** True if the message was written for this identity. */
  public boolean hasMac1(byte[] message) {
    return MacKeys.hasMac1(message, keys.mac1());
  }

  /** True if the sender has shown that it receives what is sent to its address. */
  public boolean hasMac2(byte[] message, Endpoint from, long now) {
    return secret != null
        && now - secretSince < SECRET_LIFETIME_NANOS
        && MacKeys.carriesMac2(message) // a flood has none: no hash is spent on it
        && MacKeys.hasMac2(message, cookieOf(secret, from));
  }

  /** A cookie for the sender of a message whose MAC1 is good. */
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

  /** Forgets the secret: no cookie that was given out is good any more. */
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
