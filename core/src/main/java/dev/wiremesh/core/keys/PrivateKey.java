package dev.wiremesh.core.keys;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.security.interfaces.XECPublicKey;
import java.security.spec.NamedParameterSpec;
import java.security.spec.XECPrivateKeySpec;
import java.security.spec.XECPublicKeySpec;
import java.util.Arrays;
import javax.crypto.KeyAgreement;

/**
 * A Curve25519 private key (RFC 7748 section 5, clamped). Prints as {@code (private key)}; {@link
 * #destroy} wipes it.
 */
public final class PrivateKey {
  private static final NamedParameterSpec X25519 = NamedParameterSpec.X25519;
  private static final BigInteger BASE_POINT = BigInteger.valueOf(9);

  private final byte[] bytes;

  private PrivateKey(byte[] bytes) {
    this.bytes = bytes;
    bytes[0] &= (byte) 248;
    bytes[31] = (byte) (bytes[31] & 127 | 64);
  }

  public static PrivateKey generate(SecureRandom random) {
    var bytes = new byte[Key32.LENGTH];
    random.nextBytes(bytes);
    return new PrivateKey(bytes);
  }

  /** Takes a copy of 32 bytes and clamps it. */
  public static PrivateKey of(byte[] bytes) {
    return new PrivateKey(Key32.checked(bytes, "private key"));
  }

  /**
   * Parses canonical base64, 44 characters, and clamps it.
   *
   * @throws InvalidKeyException if it is anything else
   */
  public static PrivateKey parse(String base64) {
    return new PrivateKey(Key32.decode(base64, "private key"));
  }

  public PublicKey publicKey() {
    try {
      var factory = KeyFactory.getInstance("X25519");
      var agreement = KeyAgreement.getInstance("X25519");
      agreement.init(factory.generatePrivate(new XECPrivateKeySpec(X25519, bytes)));
      agreement.doPhase(
          (XECPublicKey) factory.generatePublic(new XECPublicKeySpec(X25519, BASE_POINT)), true);
      return PublicKey.of(agreement.generateSecret());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no X25519", e);
    }
  }

  /** A copy of the secret bytes; the caller wipes it. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /** The secret in base64, for a Secret or a configuration file. */
  public String toBase64() {
    return Key32.encode(bytes);
  }

  /** Overwrites the key; it must not be used afterwards. */
  public void destroy() {
    Arrays.fill(bytes, (byte) 0);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof PrivateKey that && MessageDigest.isEqual(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return publicKey().hashCode();
  }

  @Override
  public String toString() {
    return "(private key)";
  }
}
