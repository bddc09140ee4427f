package dev.wiremesh.core.keys;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import javax.crypto.KDF;
import javax.crypto.spec.HKDFParameterSpec;

/**
 * The secret of a network from which each pair derives its preshared key: HKDF-SHA256 (RFC 5869)
 * over the two public keys in ascending order, so that both ends derive the same key and no
 * preshared key is distributed.
 */
public final class PresharedKeySeed {
  private static final byte[] SALT =
      "wiremesh preshared key v1".getBytes(StandardCharsets.US_ASCII);

  private final byte[] bytes;

  private PresharedKeySeed(byte[] bytes) {
    this.bytes = bytes;
  }

  public static PresharedKeySeed generate(SecureRandom random) {
    var bytes = new byte[Key32.LENGTH];
    random.nextBytes(bytes);
    return new PresharedKeySeed(bytes);
  }

  /**
   * Parses canonical base64 of 32 bytes.
   *
   * @throws InvalidKeyException if it is anything else
   */
  public static PresharedKeySeed parse(String base64) {
    return new PresharedKeySeed(Key32.decode(base64, "preshared key seed"));
  }

  /** The secret in base64, for the Secret that holds it. */
  public String toBase64() {
    return Key32.encode(bytes);
  }

  /** The preshared key of a pair; the order of the two does not matter. */
  public PresharedKey forPair(PublicKey one, PublicKey other) {
    boolean ordered = one.compareTo(other) <= 0;
    var info = new byte[2 * Key32.LENGTH];
    System.arraycopy((ordered ? one : other).toBytes(), 0, info, 0, Key32.LENGTH);
    System.arraycopy((ordered ? other : one).toBytes(), 0, info, Key32.LENGTH, Key32.LENGTH);
    try {
      var parameters =
          HKDFParameterSpec.ofExtract().addIKM(bytes).addSalt(SALT).thenExpand(info, Key32.LENGTH);
      return PresharedKey.of(KDF.getInstance("HKDF-SHA256").deriveData(parameters));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HKDF-SHA256", e);
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PresharedKeySeed that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return "(preshared key seed)";
  }
}
