package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.client.KubernetesClientException;

/** Status codes of the API server's errors. */
public final class ApiErrors {
  private static final int FORBIDDEN = 403;
  private static final int NOT_FOUND = 404;
  private static final int CONFLICT = 409;

  private ApiErrors() {}

  public static boolean isNotFound(KubernetesClientException e) {
    return e.getCode() == NOT_FOUND;
  }

  public static boolean isForbidden(KubernetesClientException e) {
    return e.getCode() == FORBIDDEN;
  }

  /** The object exists already, or has changed since it was read. */
  public static boolean isConflict(KubernetesClientException e) {
    return e.getCode() == CONFLICT;
  }
}
