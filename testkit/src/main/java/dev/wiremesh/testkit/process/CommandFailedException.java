package dev.wiremesh.testkit.process;

/** The failure of a command that had to succeed: a bad exit code, no start, or a timeout. */
public final class CommandFailedException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public CommandFailedException(String message) {
    super(message);
  }

  public CommandFailedException(String message, Throwable cause) {
    super(message, cause);
  }
}
