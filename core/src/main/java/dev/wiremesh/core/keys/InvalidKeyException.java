package dev.wiremesh.core.keys;

/**
 * A text or a number of bytes that is no key; the message never contains the text, which may be a
 * secret.
 */
public final class InvalidKeyException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidKeyException(String message) {
    super(message);
  }
}
