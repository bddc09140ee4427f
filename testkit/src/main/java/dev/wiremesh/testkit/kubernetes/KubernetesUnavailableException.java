package dev.wiremesh.testkit.kubernetes;

/** There is no Kubernetes on this machine; the message lists the ways to get one. */
public final class KubernetesUnavailableException extends RuntimeException {
  private static final long serialVersionUID = 1;

  KubernetesUnavailableException(String message) {
    super(message);
  }
}
