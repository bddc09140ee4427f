package dev.wiremesh.core.keys;

/**
 * Thrown for a text or a byte array that is not a key. The message never contains the text, which
 * may be a secret.
 */
public final class InvalidKeyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidKeyException(String message) {
    super(message);
  }
}
