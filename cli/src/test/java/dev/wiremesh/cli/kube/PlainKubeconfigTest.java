package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Fabric8's own reading of the same file is the oracle. */
class PlainKubeconfigTest {
  private static final String TWO_CONTEXTS =
      """
      apiVersion: v1
      kind: Config
      clusters:
      - name: one
        cluster: {CLUSTER}
      - name: two
        cluster: {server: "https://two.example.org:6443", insecure-skip-tls-verify: true}
      users:
      - name: me
        user: {USER}
      - name: robot
        user: {token: abc}
      contexts:
      - name: first
        context: {cluster: one, user: me, namespace: team}
      - name: second
        context: {cluster: two, user: robot}
      current-context: first
      """;

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server: \"https://one.example.org\" | token: secret",
        "server: \"https://one.example.org:6443/\" | token: secret",
        "server: \"http://127.0.0.1:8001\" | token: secret",
        "server: \"https://one\", certificate-authority-data: QUJD | token: x",
        "server: \"https://one\", certificate-authority: ca.crt | client-certificate: a/c.crt, client-key: a/c.key",
        "server: \"https://one\", certificate-authority: /ca.crt | client-certificate-data: QUJD, client-key-data: QUJD",
        "server: \"https://one\", extensions: [] | token: x"
      })
  void plainFileIsReadAsFabric8ReadsIt(String clusterAndUser) throws IOException {
    var file = file(clusterAndUser);
    compare(file, null);
    compare(file, "first");
    compare(file, "second");
  }

  private static void compare(Path file, @Nullable String context) {
    var plain = PlainKubeconfig.read(file, context).orElseThrow();
    assertThat(facts(plain)).as("context " + context).isEqualTo(facts(oracle(file, context)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server: \"https://one\" | exec: {command: login}",
        "server: \"https://one\" | auth-provider: {name: oidc}",
        "server: \"https://one\" | username: a, password: b",
        "server: \"https://one\" | tokenFile: /token",
        "server: \"https://one\" | token: x, as: admin",
        "server: \"https://one\", proxy-url: \"http://proxy\" | token: x",
        "server: \"https://one\", tls-server-name: other | token: x"
      })
  void everyOtherFileIsLeftToFabric8(String clusterAndUser) throws IOException {
    assertThat(PlainKubeconfig.read(file(clusterAndUser), null)).isEmpty();
  }

  @Test
  void fileWithoutTheContextOrWithoutSenseIsLeftToFabric8() throws IOException {
    assertThat(PlainKubeconfig.read(file("server: \"https://one\" | token: x"), "third")).isEmpty();
    assertThat(PlainKubeconfig.read(folder.resolve("none"), null)).isEmpty();
    assertThat(PlainKubeconfig.read(Files.writeString(folder.resolve("a"), "a: [b"), null))
        .isEmpty();
    assertThat(PlainKubeconfig.read(Files.writeString(folder.resolve("b"), "{}"), null)).isEmpty();
    assertThat(PlainKubeconfig.read(Files.writeString(folder.resolve("c"), ""), null)).isEmpty();
  }

  private Path file(String clusterAndUser) throws IOException {
    int bar = clusterAndUser.indexOf(" | ");
    return Files.writeString(
        folder.resolve("kubeconfig"),
        TWO_CONTEXTS
            .replace("CLUSTER", clusterAndUser.substring(0, bar))
            .replace("USER", clusterAndUser.substring(bar + 3)));
  }

  private static Config oracle(Path file, @Nullable String context) {
    var before = System.getProperty(Config.KUBERNETES_KUBECONFIG_FILE);
    System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, file.toString());
    try {
      return Config.autoConfigure(context);
    } finally {
      if (before == null) {
        System.clearProperty(Config.KUBERNETES_KUBECONFIG_FILE);
      } else {
        System.setProperty(Config.KUBERNETES_KUBECONFIG_FILE, before);
      }
    }
  }

  /** The settings that a client takes from a configuration. */
  private static List<Object> facts(Config config) {
    return List.of(
        slashed(config.getMasterUrl()),
        String.valueOf(config.getNamespace()),
        config.isTrustCerts(),
        config.isDisableHostnameVerification(),
        String.valueOf(config.getCaCertData()),
        String.valueOf(config.getCaCertFile()),
        String.valueOf(config.getClientCertData()),
        String.valueOf(config.getClientCertFile()),
        String.valueOf(config.getClientKeyData()),
        String.valueOf(config.getClientKeyFile()),
        String.valueOf(config.getAutoOAuthToken()),
        String.valueOf(config.getOauthToken()),
        String.valueOf(config.getUsername()),
        String.valueOf(config.getHttpProxy()),
        String.valueOf(config.getHttpsProxy()),
        config.getContexts().stream().map(NamedContext::getName).toList(),
        config.getCurrentContext().getName());
  }

  /** The client adds the slash by itself. */
  private static String slashed(String url) {
    return url.endsWith("/") ? url : url + "/";
  }
}
