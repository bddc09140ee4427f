package dev.wiremesh.core.keys;

import java.util.Base64;

/**
 * Common functions of the three kinds of key: 32 bytes in canonical base64 (RFC 4648 section 3.5:
 * unused bits are zero).
 */
final class Key32 {
  static final int LENGTH = 32;

  private Key32() {}

  static byte[] checked(byte[] bytes, String what) {
    if (bytes.length != LENGTH) {
      throw new InvalidKeyException("a " + what + " has 32 bytes, not " + bytes.length);
    }
    return bytes.clone();
  }

  static byte[] decode(String base64, String what) {
    byte[] bytes;
    try {
      bytes = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new InvalidKeyException(
          "this "
              + what
              + " is not base64: write the 44 characters that 'wg genkey' or 'wg pubkey' prints");
    }
    if (bytes.length != LENGTH || !encode(bytes).equals(base64)) {
      throw new InvalidKeyException(
          "this "
              + what
              + " is not 32 bytes in canonical base64: write the 44 characters that 'wg genkey' or 'wg pubkey' prints");
    }
    return bytes;
  }

  static String encode(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }
}
