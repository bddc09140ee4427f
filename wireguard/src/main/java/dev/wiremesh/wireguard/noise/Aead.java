package dev.wiremesh.wireguard.noise;

import org.bouncycastle.crypto.InvalidCipherTextException;
import org.bouncycastle.crypto.modes.AEADCipher;
import org.bouncycastle.crypto.modes.ChaCha20Poly1305;
import org.bouncycastle.crypto.modes.XChaCha20Poly1305;
import org.bouncycastle.crypto.params.AEADParameters;
import org.bouncycastle.crypto.params.KeyParameter;
import org.jspecify.annotations.Nullable;

/** ChaCha20-Poly1305 and XChaCha20-Poly1305 for the few small messages of a handshake. */
public final class Aead {
  public static final int TAG_LENGTH = 16;
  public static final int EXTENDED_NONCE_LENGTH = 24;

  private static final int NONCE_LENGTH = 12;

  private Aead() {}

  /** Seals under nonce zero: each handshake key is used once. */
  static byte[] seal(byte[] key, byte[] associated, byte[] plaintext) {
    return seal(key, new byte[NONCE_LENGTH], associated, plaintext);
  }

  static byte[] seal(byte[] key, byte[] nonce, byte[] associated, byte[] plaintext) {
    return sealed(new ChaCha20Poly1305(), key, nonce, associated, plaintext);
  }

  /** Opens under nonce zero; null if it is not authentic. */
  static byte @Nullable [] open(byte[] key, byte[] associated, byte[] ciphertext) {
    return open(key, new byte[NONCE_LENGTH], associated, ciphertext);
  }

  /** Null if it is not authentic. */
  static byte @Nullable [] open(byte[] key, byte[] nonce, byte[] associated, byte[] ciphertext) {
    return opened(new ChaCha20Poly1305(), key, nonce, associated, ciphertext);
  }

  /** XChaCha20-Poly1305 with a nonce of 24 bytes. */
  public static byte[] sealExtended(byte[] key, byte[] nonce, byte[] associated, byte[] plaintext) {
    return sealed(new XChaCha20Poly1305(), key, nonce, associated, plaintext);
  }

  /** XChaCha20-Poly1305 with a nonce of 24 bytes; null if it is not authentic. */
  public static byte @Nullable [] openExtended(
      byte[] key, byte[] nonce, byte[] associated, byte[] ciphertext) {
    return opened(new XChaCha20Poly1305(), key, nonce, associated, ciphertext);
  }

  private static byte[] sealed(
      AEADCipher cipher, byte[] key, byte[] nonce, byte[] associated, byte[] plaintext) {
    try {
      return process(cipher, true, key, nonce, associated, plaintext);
    } catch (InvalidCipherTextException e) {
      throw new IllegalStateException("sealing does not verify", e);
    }
  }

  private static byte @Nullable [] opened(
      AEADCipher cipher, byte[] key, byte[] nonce, byte[] associated, byte[] ciphertext) {
    try {
      return process(cipher, false, key, nonce, associated, ciphertext);
    } catch (InvalidCipherTextException e) {
      return null;
    }
  }

  private static byte[] process(
      AEADCipher cipher, boolean seal, byte[] key, byte[] nonce, byte[] associated, byte[] input)
      throws InvalidCipherTextException {
    cipher.init(seal, new AEADParameters(new KeyParameter(key), 8 * TAG_LENGTH, nonce, associated));
    var output = new byte[cipher.getOutputSize(input.length)];
    int written = cipher.processBytes(input, 0, input.length, output, 0);
    cipher.doFinal(output, written);
    return output;
  }
}
