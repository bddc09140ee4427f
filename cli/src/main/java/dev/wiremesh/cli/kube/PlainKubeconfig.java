package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.fabric8.kubernetes.api.model.NamedContext;
import io.fabric8.kubernetes.api.model.NamedContextBuilder;
import io.fabric8.kubernetes.client.Config;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads kubeconfigs of the usual form: one file, and a token or a client certificate. Fabric8 reads
 * every form, but binds the file to types, which takes half of the time of a command; it is asked
 * for every file that has anything else in it. A test compares both.
 */
final class PlainKubeconfig {
  private static final Set<String> CLUSTER =
      Set.of(
          "server",
          "certificate-authority",
          "certificate-authority-data",
          "insecure-skip-tls-verify",
          "extensions");
  private static final Set<String> USER =
      Set.of(
          "token",
          "client-certificate",
          "client-certificate-data",
          "client-key",
          "client-key-data");
  private static final Set<String> CONTEXT = Set.of("cluster", "user", "namespace", "extensions");

  private final Path file;
  private final JsonNode root;

  private PlainKubeconfig(Path file, JsonNode root) {
    this.file = file;
    this.root = root;
  }

  /**
   * The client's configuration for a context, null for the current one; empty if the file is not
   * plain, or has no such context.
   */
  static Optional<Config> read(Path file, @Nullable String context) {
    try {
      var root = new YAMLMapper().readTree(file.toFile());
      return root == null || !root.isObject()
          ? Optional.empty()
          : new PlainKubeconfig(file.toAbsolutePath(), root).config(context);
    } catch (IOException _) {
      // Fabric8 reads it again and says what is wrong.
      return Optional.empty();
    }
  }

  private Optional<Config> config(@Nullable String wanted) {
    var name = wanted == null ? root.path("current-context").asText() : wanted;
    var context = named("contexts", "context", name);
    var cluster = named("clusters", "cluster", context.path("cluster").asText());
    var user = named("users", "user", context.path("user").asText());
    if (!isPlain(context, CONTEXT) || !isPlain(cluster, CLUSTER) || !isPlain(user, USER)) {
      return Optional.empty();
    }
    var config = Config.empty();
    var contexts = contexts();
    config.setContexts(contexts);
    contexts.stream()
        .filter(it -> it.getName().equals(name))
        .findFirst()
        .ifPresent(config::setCurrentContext);
    if (context.hasNonNull("namespace")) {
      config.setNamespace(context.path("namespace").asText());
    }
    config.setMasterUrl(cluster.path("server").asText());
    config.setTrustCerts(cluster.path("insecure-skip-tls-verify").asBoolean());
    config.setDisableHostnameVerification(config.isTrustCerts());
    config.setCaCertData(text(cluster, "certificate-authority-data"));
    config.setCaCertFile(path(cluster, "certificate-authority"));
    config.setClientCertData(text(user, "client-certificate-data"));
    config.setClientCertFile(path(user, "client-certificate"));
    config.setClientKeyData(text(user, "client-key-data"));
    config.setClientKeyFile(path(user, "client-key"));
    config.setAutoOAuthToken(text(user, "token"));
    // Proxies and the like, as Fabric8 takes them from the environment.
    Config.configFromSysPropsOrEnvVars(config);
    return Optional.of(config);
  }

  private List<NamedContext> contexts() {
    var contexts = new ArrayList<NamedContext>();
    for (var it : root.path("contexts")) {
      contexts.add(
          new NamedContextBuilder()
              .withName(it.path("name").asText())
              .withNewContext()
              .withCluster(it.path("context").path("cluster").asText())
              .withUser(it.path("context").path("user").asText())
              .withNamespace(text(it.path("context"), "namespace"))
              .endContext()
              .build());
    }
    return contexts;
  }

  private JsonNode named(String list, String kind, String name) {
    return StreamSupport.stream(root.path(list).spliterator(), false)
        .filter(it -> it.path("name").asText().equals(name))
        .findFirst()
        .map(it -> it.path(kind))
        .orElse(root.path("(none)"));
  }

  private static boolean isPlain(JsonNode node, Set<String> keys) {
    return node.isObject()
        && node.propertyStream()
            .allMatch(entry -> keys.contains(entry.getKey()) || entry.getValue().isNull());
  }

  private static @Nullable String text(JsonNode node, String key) {
    return node.hasNonNull(key) ? node.path(key).asText() : null;
  }

  /** The path of a file; a relative one counts from the kubeconfig's directory. */
  private @Nullable String path(JsonNode node, String key) {
    var text = text(node, key);
    return text == null ? null : file.resolveSibling(text).toString();
  }
}
