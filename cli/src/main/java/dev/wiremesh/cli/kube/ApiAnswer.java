package dev.wiremesh.cli.kube;

/**
 * An answer of the API server.
 *
 * @param status the status code of HTTP
 * @param body JSON; maybe another text where a proxy answered. It may hold keys: {@link #toString}
 *     leaves it out.
 */
record ApiAnswer(int status, String body) {
  @Override
  public String toString() {
    return "ApiAnswer[" + status + "]";
  }
}
