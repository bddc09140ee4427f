package dev.wiremesh.wireguard.noise;

import java.util.Arrays;
import org.bouncycastle.crypto.digests.Blake2sDigest;

/** BLAKE2s (RFC 7693) in the four ways in which the protocol uses it. */
public final class Blake2s {
  public static final int HASH_LENGTH = 32;
  public static final int MAC_LENGTH = 16;

  private static final int BLOCK_LENGTH = 64;

  private Blake2s() {}

  /** The 32-byte hash of the concatenation of all parts. */
  public static byte[] hash(byte[]... parts) {
    return digest(new Blake2sDigest(256), HASH_LENGTH, parts);
  }

  /** BLAKE2s' own keyed mode with 16 bytes of output. */
  public static byte[] mac(byte[] key, byte[]... parts) {
    return digest(new Blake2sDigest(key, MAC_LENGTH, null, null), MAC_LENGTH, parts);
  }

  /** {@link #mac} over the beginning of a message. */
  public static byte[] macOfPrefix(byte[] key, byte[] message, int length) {
    var digest = new Blake2sDigest(key, MAC_LENGTH, null, null);
    digest.update(message, 0, length);
    var out = new byte[MAC_LENGTH];
    digest.doFinal(out, 0);
    return out;
  }

  /** HMAC (RFC 2104) over BLAKE2s; the key has at most 64 bytes. */
  public static byte[] hmac(byte[] key, byte[]... parts) {
    var pad = new byte[BLOCK_LENGTH];
    System.arraycopy(key, 0, pad, 0, key.length);
    xor(pad, 0x36);
    var inner = new Blake2sDigest(256);
    inner.update(pad, 0, pad.length);
    byte[] innerHash = digest(inner, HASH_LENGTH, parts);
    xor(pad, 0x36 ^ 0x5c);
    byte[] result = hash(pad, innerHash);
    Arrays.fill(pad, (byte) 0);
    Arrays.fill(innerHash, (byte) 0);
    return result;
  }

  /**
   * Noise's HKDF (section 4.3): so many keys of 32 bytes out of a chaining key and new material.
   *
   * @param outputs 1 to 3
   */
  public static byte[][] hkdf(byte[] chainingKey, byte[] material, int outputs) {
    byte[] secret = hmac(chainingKey, material);
    var keys = new byte[outputs][];
    var previous = new byte[0];
    for (int i = 0; i < outputs; i++) {
      keys[i] = hmac(secret, previous, new byte[] {(byte) (i + 1)});
      previous = keys[i];
    }
    Arrays.fill(secret, (byte) 0);
    return keys;
  }

  private static byte[] digest(Blake2sDigest digest, int length, byte[]... parts) {
    for (byte[] part : parts) {
      digest.update(part, 0, part.length);
    }
    var out = new byte[length];
    digest.doFinal(out, 0);
    return out;
  }

  private static void xor(byte[] bytes, int with) {
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] ^= (byte) with;
    }
  }
}
