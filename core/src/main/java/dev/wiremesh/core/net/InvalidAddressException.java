package dev.wiremesh.core.net;

/**
 * A text that is no address, prefix or endpoint; the message says what is wrong with it and what to
 * write instead.
 */
public final class InvalidAddressException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidAddressException(String message) {
    super(message);
  }
}
