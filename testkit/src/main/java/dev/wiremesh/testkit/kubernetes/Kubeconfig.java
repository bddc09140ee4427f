package dev.wiremesh.testkit.kubernetes;

import java.nio.charset.StandardCharsets;
import java.util.Base64;

/** The text of kubeconfig files, with certificates embedded so that they can be moved. */
final class Kubeconfig {
  private Kubeconfig() {}

  static String withToken(String server, String authorityPem, String user, String token) {
    return """
    apiVersion: v1
    kind: Config
    clusters:
    - name: wiremesh
      cluster: {server: "%s", certificate-authority-data: %s}
    users:
    - name: "%s"
      user: {token: %s}
    contexts:
    - name: wiremesh
      context: {cluster: wiremesh, user: "%s"}
    current-context: wiremesh
    """
        .formatted(server, base64(authorityPem), user, token, user);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }
}
