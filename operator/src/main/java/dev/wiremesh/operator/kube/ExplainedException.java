package dev.wiremesh.operator.kube;

/** A failure whose message names the object and the remedy; it does not pass by itself. */
public abstract class ExplainedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  protected ExplainedException(String message) {
    super(message);
  }
}
