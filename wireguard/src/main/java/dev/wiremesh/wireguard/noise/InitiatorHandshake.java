package dev.wiremesh.wireguard.noise;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The initiator's half of IKpsk2:
 *
 * <pre>
 *   &lt;- s
 *   ...
 *   -&gt; e, es, s, ss
 *   &lt;- e, ee, se, psk
 * </pre>
 *
 * Used once, by one thread at a time.
 */
public final class InitiatorHandshake {
  private final SymmetricState state = new SymmetricState();
  private final byte[] staticPrivate;
  private final byte[] ephemeralPrivate;

  private InitiatorHandshake(byte[] staticPrivate, byte[] ephemeralPrivate) {
    this.staticPrivate = staticPrivate;
    this.ephemeralPrivate = ephemeralPrivate;
  }

  /** The first message, and the state that waits for the second. */
  public record Begun(
      InitiatorHandshake handshake,
      byte[] ephemeral,
      byte[] encryptedStatic,
      byte[] encryptedPayload) {}

  /**
   * Writes the first message.
   *
   * @param staticPrivate not copied, not wiped
   * @param ephemeralPrivate 32 fresh random bytes; wiped at the end
   * @param staticStatic the agreement of both static keys, computed once for many handshakes
   * @return null if the remote key is a point of low order
   */
  public static @Nullable Begun begin(
      byte[] prologue,
      byte[] staticPrivate,
      byte[] staticPublic,
      byte[] remoteStatic,
      byte[] staticStatic,
      byte[] ephemeralPrivate,
      byte[] payload) {
    var handshake = new InitiatorHandshake(staticPrivate, ephemeralPrivate);
    var state = handshake.state;
    state.mixHash(prologue);
    state.mixHash(remoteStatic);
    byte[] ephemeral = Curve25519.publicKey(ephemeralPrivate);
    state.mixHash(ephemeral);
    state.mixKey(ephemeral);
    byte[] es = Curve25519.agree(ephemeralPrivate, remoteStatic);
    if (es == null) {
      handshake.wipe();
      return null;
    }
    state.mixKey(es);
    Arrays.fill(es, (byte) 0);
    byte[] encryptedStatic = state.encryptAndHash(staticPublic);
    state.mixKey(staticStatic);
    byte[] encryptedPayload = state.encryptAndHash(payload);
    return new Begun(handshake, ephemeral, encryptedStatic, encryptedPayload);
  }

  /** A second message that was found good. */
  public record Finished(byte[] payload, byte[] handshakeHash, TransportKeys keys) {}

  /**
   * Reads the second message. If it is not authentic, nothing has happened and another one may be
   * tried: a forger must not be able to end a handshake.
   *
   * @return null if it is not authentic
   */
  public @Nullable Finished finish(
      byte[] remoteEphemeral, byte[] presharedKey, byte[] encryptedPayload) {
    byte[] ee = Curve25519.agree(ephemeralPrivate, remoteEphemeral);
    byte[] se = Curve25519.agree(staticPrivate, remoteEphemeral);
    if (ee == null || se == null) {
      wipe(ee);
      wipe(se);
      return null;
    }
    var attempt = state.copy();
    attempt.mixHash(remoteEphemeral);
    attempt.mixKey(remoteEphemeral);
    attempt.mixKey(ee);
    attempt.mixKey(se);
    Arrays.fill(ee, (byte) 0);
    Arrays.fill(se, (byte) 0);
    attempt.mixKeyAndHash(presharedKey);
    byte[] payload = attempt.decryptAndHash(encryptedPayload);
    if (payload == null) {
      attempt.wipe();
      return null;
    }
    byte[] hash = attempt.hash();
    byte[][] keys = attempt.split();
    wipe();
    return new Finished(payload, hash, new TransportKeys(keys[0], keys[1]));
  }

  /** Forgets the ephemeral key and all that was derived from it. */
  public void wipe() {
    wipe(ephemeralPrivate);
    state.wipe();
  }

  private static void wipe(byte @Nullable [] secret) {
    if (secret != null) {
      Arrays.fill(secret, (byte) 0);
    }
  }
}
