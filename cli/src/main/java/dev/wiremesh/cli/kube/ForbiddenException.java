package dev.wiremesh.cli.kube;

/** Thrown where the API server refuses a request for want of a right, which the message names. */
public final class ForbiddenException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ForbiddenException(String message) {
    super(message);
  }
}
