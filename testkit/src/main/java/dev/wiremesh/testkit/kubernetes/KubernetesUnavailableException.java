package dev.wiremesh.testkit.kubernetes;

/** No Kubernetes can be had on this machine; the message says every way to get one. */
public final class KubernetesUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  KubernetesUnavailableException(String message) {
    super(message);
  }
}
