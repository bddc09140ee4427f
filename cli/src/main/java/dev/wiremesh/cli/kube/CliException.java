package dev.wiremesh.cli.kube;

/**
 * Thrown for a failure that the user can understand and mend. The message is whole sentences,
 * without the program's name; it is printed on standard error and the program ends with 1.
 */
public final class CliException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CliException(String message) {
    super(message);
  }

  public CliException(String message, Throwable cause) {
    super(message, cause);
  }
}
