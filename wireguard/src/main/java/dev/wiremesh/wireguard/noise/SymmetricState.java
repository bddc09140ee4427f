package dev.wiremesh.wireguard.noise;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The symmetric state of a handshake (Noise section 5.2): chaining key, hash of the transcript and
 * present key. Every message mixes a new key before it seals, so the nonce is always zero.
 */
final class SymmetricState {
  private static final byte[] PROTOCOL =
      "Noise_IKpsk2_25519_ChaChaPoly_BLAKE2s".getBytes(StandardCharsets.US_ASCII);

  private byte[] chainingKey;
  private byte[] hash;
  private byte[] key;

  SymmetricState() {
    this(Blake2s.hash(PROTOCOL), Blake2s.hash(PROTOCOL), new byte[0]);
  }

  private SymmetricState(byte[] chainingKey, byte[] hash, byte[] key) {
    this.chainingKey = chainingKey;
    this.hash = hash;
    this.key = key;
  }

  SymmetricState copy() {
    return new SymmetricState(chainingKey.clone(), hash.clone(), key.clone());
  }

  void mixHash(byte[] data) {
    hash = Blake2s.hash(hash, data);
  }

  void mixKey(byte[] material) {
    byte[][] keys = Blake2s.hkdf(chainingKey, material, 2);
    replaceKeys(keys[0], keys[1]);
  }

  void mixKeyAndHash(byte[] presharedKey) {
    byte[][] keys = Blake2s.hkdf(chainingKey, presharedKey, 3);
    mixHash(keys[1]);
    Arrays.fill(keys[1], (byte) 0);
    replaceKeys(keys[0], keys[2]);
  }

  byte[] encryptAndHash(byte[] plaintext) {
    byte[] ciphertext = Aead.seal(key, hash, plaintext);
    mixHash(ciphertext);
    return ciphertext;
  }

  /** Null if it is not authentic; the state is then useless. */
  byte @Nullable [] decryptAndHash(byte[] ciphertext) {
    byte[] plaintext = Aead.open(key, hash, ciphertext);
    mixHash(ciphertext);
    return plaintext;
  }

  /** The two transport keys, the initiator's sending key first; wipes the state. */
  byte[][] split() {
    byte[][] keys = Blake2s.hkdf(chainingKey, new byte[0], 2);
    wipe();
    return keys;
  }

  /** The hash of the whole conversation so far. */
  byte[] hash() {
    return hash.clone();
  }

  void wipe() {
    Arrays.fill(chainingKey, (byte) 0);
    Arrays.fill(key, (byte) 0);
    Arrays.fill(hash, (byte) 0);
  }

  private void replaceKeys(byte[] newChainingKey, byte[] newKey) {
    Arrays.fill(chainingKey, (byte) 0);
    Arrays.fill(key, (byte) 0);
    chainingKey = newChainingKey;
    key = newKey;
  }
}
