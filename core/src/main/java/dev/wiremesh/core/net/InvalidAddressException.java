package dev.wiremesh.core.net;

/**
 * Thrown for a text that is not an address, prefix or endpoint. The message names the fault and
 * what to write instead.
 */
public final class InvalidAddressException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  public InvalidAddressException(String message) {
    super(message);
  }
}
