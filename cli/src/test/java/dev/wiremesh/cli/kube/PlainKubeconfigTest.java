package dev.wiremesh.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
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
        cluster: {server: "https://two.example.org:6443", certificate-authority: two.crt}
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
        "server: \"https://one.example.org\", certificate-authority-data: QUJD | token: secret",
        "server: \"https://one.example.org:6443/\", certificate-authority-data: QUJD | token: secret",
        "server: \"http://127.0.0.1:8001\" | token: secret",
        "server: \"http://127.0.0.1:8001\" | ",
        "server: \"https://one/k8s/clusters/c1\", certificate-authority-data: QUJD | token: x",
        "server: \"https://one\", certificate-authority: ca.crt | client-certificate: a/c.crt, client-key: a/c.key",
        "server: \"https://one\", certificate-authority: /ca.crt | client-certificate-data: QUJD, client-key-data: QUJD",
        "server: \"https://one\", certificate-authority: /ca.crt, extensions: [] | token: x"
      })
  void plainFileIsReadAsFabric8ReadsIt(String clusterAndUser) throws IOException {
    var file = file(clusterAndUser);
    compare(file, null);
    compare(file, "first");
    compare(file, "second");
  }

  private static void compare(Path file, @Nullable String context) {
    var plain = PlainKubeconfig.read(file, context).orElseThrow();
    assertThat(plain.names()).containsExactly("first", "second");
    assertThat(facts(plain)).as("context " + context).isEqualTo(facts(oracle(file, context)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "server: \"https://one\" | token: x",
        "server: \"one:6443\", certificate-authority: ca.crt | token: x",
        "server: \"https://one\", certificate-authority: ca.crt, insecure-skip-tls-verify: true | token: x",
        "server: \"https://one\", certificate-authority: ca.crt | client-certificate: c.crt",
        "server: \"https://one\", certificate-authority: ca.crt | exec: {command: login}",
        "server: \"https://one\", certificate-authority: ca.crt | auth-provider: {name: oidc}",
        "server: \"https://one\", certificate-authority: ca.crt | username: a, password: b",
        "server: \"https://one\", certificate-authority: ca.crt | tokenFile: /token",
        "server: \"https://one\", certificate-authority: ca.crt | token: x, as: admin",
        "server: \"https://one\", certificate-authority: ca.crt, proxy-url: \"http://proxy\" | token: x",
        "server: \"https://one\", certificate-authority: ca.crt, tls-server-name: other | token: x"
      })
  void everyOtherFileIsLeftToFabric8(String clusterAndUser) throws IOException {
    assertThat(PlainKubeconfig.read(file(clusterAndUser), null)).isEmpty();
  }

  @Test
  void fileWithoutTheContextOrWithoutSenseIsLeftToFabric8() throws IOException {
    assertThat(PlainKubeconfig.read(file("server: \"http://one\" | token: x"), "third")).isEmpty();
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

  private static List<String> facts(PlainContext context) {
    return texts(
        context.server(),
        context.namespace(),
        context.authorities().data(),
        context.authorities().file(),
        context.user().certificate().data(),
        context.user().certificate().file(),
        context.user().key().data(),
        context.user().key().file(),
        context.user().token());
  }

  /** The settings that a client takes from a configuration. */
  private static List<String> facts(Config config) {
    assertThat(config.isTrustCerts()).isFalse();
    assertThat(config.getUsername()).isNull();
    return texts(
        slashed(config.getMasterUrl()),
        config.getNamespace(),
        config.getCaCertData(),
        config.getCaCertFile(),
        config.getClientCertData(),
        config.getClientCertFile(),
        config.getClientKeyData(),
        config.getClientKeyFile(),
        config.getAutoOAuthToken());
  }

  private static List<String> texts(@Nullable String... values) {
    return Stream.of(values).map(String::valueOf).toList();
  }

  /** The client adds the slash by itself. */
  private static String slashed(String url) {
    return url.endsWith("/") ? url : url + "/";
  }
}
