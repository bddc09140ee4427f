package dev.wiremesh.core.wgquick;

/**
 * Thrown for a text that is not a wg-quick configuration. The message names the line and says what
 * to write instead; it never contains a key.
 */
public final class InvalidWgQuickException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  InvalidWgQuickException(int line, String message) {
    super("line " + line + ": " + message);
  }

  InvalidWgQuickException(String message) {
    super(message);
  }
}
