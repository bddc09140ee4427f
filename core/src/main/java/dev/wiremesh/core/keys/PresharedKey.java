package dev.wiremesh.core.keys;

import java.security.MessageDigest;
import java.util.Arrays;

/**
 * A symmetric key that is mixed into a pair's handshake (WireGuard whitepaper section 5.2). Prints
 * as {@code (preshared key)}.
 */
public final class PresharedKey {
  private final byte[] bytes;

  private PresharedKey(byte[] bytes) {
    this.bytes = bytes;
  }

  public static PresharedKey of(byte[] bytes) {
    return new PresharedKey(Key32.checked(bytes, "preshared key"));
  }

  /**
   * Parses canonical base64, 44 characters.
   *
   * @throws InvalidKeyException if it is anything else
   */
  public static PresharedKey parse(String base64) {
    return new PresharedKey(Key32.decode(base64, "preshared key"));
  }

  /** A copy of the secret bytes; the caller wipes it. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** An independent copy with its own {@link #destroy}. */
  public PresharedKey copy() {
    return new PresharedKey(bytes.clone());
  }

  /** The secret in base64, for a Secret or a configuration file. */
  public String toBase64() {
    return Key32.encode(bytes);
  }

  /** True for 32 zero bytes, which the protocol reads as "no preshared key". */
  public boolean isZero() {
    return MessageDigest.isEqual(bytes, new byte[Key32.LENGTH]);
  }

  /** Overwrites the key; it must not be used afterwards. */
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PresharedKey that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "(preshared key)";
  }
}
