package dev.wiremesh.wireguard.noise;

import org.bouncycastle.math.ec.rfc7748.X25519;
import org.jspecify.annotations.Nullable;

/** X25519 (RFC 7748 section 5) on plain bytes; scalars are clamped where they are used. */
public final class Curve25519 {
  public static final int KEY_LENGTH = 32;

  private Curve25519() {}

  public static byte[] publicKey(byte[] privateKey) {
    var point = new byte[KEY_LENGTH];
    X25519.scalarMultBase(privateKey, 0, point, 0);
    return point;
  }

  /**
   * The shared secret, or null if it is all zero: then the public key is a point of low order, and
   * the secret would be public (RFC 7748 section 6.1).
   */
  public static byte @Nullable [] agree(byte[] privateKey, byte[] publicKey) {
    var secret = new byte[KEY_LENGTH];
    return X25519.calculateAgreement(privateKey, 0, publicKey, 0, secret, 0) ? secret : null;
  }
}
