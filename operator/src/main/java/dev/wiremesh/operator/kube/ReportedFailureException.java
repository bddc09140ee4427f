package dev.wiremesh.operator.kube;

/** A failure that the object's conditions tell already; thrown so that the framework retries. */
public final class ReportedFailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ReportedFailureException(RuntimeException cause) {
    super(cause.getMessage(), cause);
  }
}
