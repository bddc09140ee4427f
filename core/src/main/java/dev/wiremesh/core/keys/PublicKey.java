package dev.wiremesh.core.keys;

import java.util.Arrays;

/** A Curve25519 public key (RFC 7748): the identity of a peer. Immutable. */
public final class PublicKey implements Comparable<PublicKey> {
  private final byte[] bytes;

  private PublicKey(byte[] bytes) {
    this.bytes = bytes;
  }

  public static PublicKey of(byte[] bytes) {
    return new PublicKey(Key32.checked(bytes, "public key"));
  }

  /**
   * Parses canonical base64, 44 characters.
   *
   * @throws InvalidKeyException if it is anything else
   */
  public static PublicKey parse(String base64) {
    return new PublicKey(Key32.decode(base64, "public key"));
  }

  public byte[] toBytes() {
    return bytes.clone();
  }

  @Override
  public int compareTo(PublicKey other) {
    return Arrays.compareUnsigned(bytes, other.bytes);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PublicKey that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return Key32.encode(bytes);
  }
}
