package dev.wiremesh.wireguard.noise;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The responder's half of IKpsk2: reads the initiator's static key, then authenticates it, then
 * writes the response. Used once, by one thread at a time.
 *
 * @see InitiatorHandshake
 */
public final class ResponderHandshake {
  private final SymmetricState state;
  private final byte[] remoteEphemeral;
  private final byte[] remoteStatic;

  private ResponderHandshake(SymmetricState state, byte[] remoteEphemeral, byte[] remoteStatic) {
    this.state = state;
    this.remoteEphemeral = remoteEphemeral;
    this.remoteStatic = remoteStatic;
  }

  /**
   * Reads {@code e, es, s} of the first message.
   *
   * @return null if it is not for this static key or was tampered with
   */
  public static @Nullable ResponderHandshake read(
      byte[] prologue,
      byte[] staticPrivate,
      byte[] staticPublic,
      byte[] remoteEphemeral,
      byte[] encryptedStatic) {
    byte[] es = Curve25519.agree(staticPrivate, remoteEphemeral);
    if (es == null) {
      return null;
    }
    var state = new SymmetricState();
    state.mixHash(prologue);
    state.mixHash(staticPublic);
    state.mixHash(remoteEphemeral);
    state.mixKey(remoteEphemeral);
    state.mixKey(es);
    Arrays.fill(es, (byte) 0);
    byte[] remoteStatic = state.decryptAndHash(encryptedStatic);
    if (remoteStatic == null) {
      state.wipe();
      return null;
    }
    return new ResponderHandshake(state, remoteEphemeral, remoteStatic);
  }

  /** The key that the initiator claims to have. */
  public byte[] remoteStatic() {
    return remoteStatic.clone();
  }

  /**
   * Reads {@code ss} and the payload: proves that the initiator has the key that it claims.
   *
   * @param staticStatic the agreement of both static keys
   * @return null if it is not so
   */
  public byte @Nullable [] readPayload(byte[] staticStatic, byte[] encryptedPayload) {
    state.mixKey(staticStatic);
    return state.decryptAndHash(encryptedPayload);
  }

  /** The second message, and the keys that both ends now have. */
  public record Answered(
      byte[] ephemeral, byte[] encryptedPayload, byte[] handshakeHash, TransportKeys keys) {}

  /**
   * Writes the second message; wipes the state and the ephemeral key.
   *
   * @return null if one of the initiator's keys is a point of low order
   */
  public @Nullable Answered answer(byte[] ephemeralPrivate, byte[] presharedKey, byte[] payload) {
    byte[] ephemeral = Curve25519.publicKey(ephemeralPrivate);
    byte[] ee = Curve25519.agree(ephemeralPrivate, remoteEphemeral);
    byte[] se = Curve25519.agree(ephemeralPrivate, remoteStatic);
    Arrays.fill(ephemeralPrivate, (byte) 0);
    if (ee == null || se == null) {
      state.wipe();
      return null;
    }
    state.mixHash(ephemeral);
    state.mixKey(ephemeral);
    state.mixKey(ee);
    state.mixKey(se);
    Arrays.fill(ee, (byte) 0);
    Arrays.fill(se, (byte) 0);
    state.mixKeyAndHash(presharedKey);
    byte[] encryptedPayload = state.encryptAndHash(payload);
    byte[] hash = state.hash();
    byte[][] keys = state.split();
    return new Answered(ephemeral, encryptedPayload, hash, new TransportKeys(keys[1], keys[0]));
  }

  public void wipe() {
    state.wipe();
  }
}
