package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;

/**
 * Reads kubeconfigs of the usual form: one file, the server's certificate authority, and a token or
 * a client certificate. Fabric8 reads every form, but takes half of the time of a command; it is
 * asked for every file that has anything else in it. A test compares both.
 */
final class PlainKubeconfig {
  private static final Set<String> CLUSTER =
      Set.of("server", "certificate-authority", "certificate-authority-data", "extensions");
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
   * A context of a file.
   *
   * @param wanted its name; null for the current one
   * @return empty if the file is not plain, or has no such context
   */
  static Optional<PlainContext> read(Path file, @Nullable String wanted) {
    try {
      var root = new YAMLMapper().readTree(file.toFile());
      return root == null || !root.isObject()
          ? Optional.empty()
          : new PlainKubeconfig(file.toAbsolutePath(), root).context(wanted);
    } catch (IOException _) {
      // Fabric8 reads it again and says what is wrong.
      return Optional.empty();
    }
  }

  private Optional<PlainContext> context(@Nullable String wanted) {
    var name = wanted == null ? root.path("current-context").asText() : wanted;
    var context = named("contexts", "context", name);
    var cluster = named("clusters", "cluster", context.path("cluster").asText());
    var user = named("users", "user", context.path("user").asText());
    if (!isPlain(context, CONTEXT) || !isPlain(cluster, CLUSTER) || !isPlain(user, USER)) {
      return Optional.empty();
    }
    var server = cluster.path("server").asText();
    var authorities = pem(cluster, "certificate-authority");
    var certificate = pem(user, "client-certificate");
    var key = pem(user, "client-key");
    // Without an authority, those of the JDK are trusted; with half a pair, the other may be
    // elsewhere.
    if (!(server.startsWith("https://") ? !authorities.isEmpty() : server.startsWith("http://"))
        || certificate.isEmpty() != key.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new PlainContext(
            server.endsWith("/") ? server : server + "/",
            text(context, "namespace"),
            authorities,
            new PlainContext.User(text(user, "token"), certificate, key),
            StreamSupport.stream(root.path("contexts").spliterator(), false)
                .map(it -> it.path("name").asText())
                .toList()));
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

  private PemSource pem(JsonNode node, String key) {
    var path = text(node, key);
    return new PemSource(
        text(node, key + "-data"),
        // A relative path counts from the kubeconfig's directory.
        path == null ? null : file.resolveSibling(path).toString());
  }
}
