package dev.wiremesh.lab.cluster;

/** A refusal or failure of the lab; its message names the cause and the remedy. */
public final class LabException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public LabException(String message) {
    super(message);
  }

  public LabException(String message, Throwable cause) {
    super(message, cause);
  }
}
