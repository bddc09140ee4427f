package dev.wiremesh.lab.cluster;

/** The lab cannot do what was asked; the message tells the user why, and what to do. */
public final class LabException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LabException(String message) {
    super(message);
  }

  public LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
