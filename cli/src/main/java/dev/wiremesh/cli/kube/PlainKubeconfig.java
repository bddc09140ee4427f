package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  /** An entry that is missing. */
  private static final Map<String, String> NONE = Map.of("none", "");

  private static final Set<String> CONTEXT = Set.of("cluster", "user", "namespace", "extensions");

  private final Path file;
  private final Map<String, @Nullable Object> root;

  private PlainKubeconfig(Path file, Map<String, @Nullable Object> root) {
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
      var text = Files.readString(file);
      var root = BlockYaml.read(text).or(() -> anyYaml(text));
      return root.flatMap(it -> new PlainKubeconfig(file.toAbsolutePath(), it).context(wanted));
    } catch (IOException _) {
      // Fabric8 reads it again and says what is wrong.
      return Optional.empty();
    }
  }

  /** The document by a full parser; empty if it is not YAML, or no map. */
  private static Optional<Map<String, @Nullable Object>> anyYaml(String text) {
    try {
      return Optional.ofNullable(new YAMLMapper().readValue(text, new TypeReference<>() {}));
    } catch (JsonProcessingException _) {
      return Optional.empty();
    }
  }

  private Optional<PlainContext> context(@Nullable String wanted) {
    var name = wanted == null ? text(root, "current-context") : wanted;
    var context = named("contexts", "context", name);
    var cluster = named("clusters", "cluster", text(context, "cluster"));
    var user = named("users", "user", text(context, "user"));
    if (!isPlain(context, CONTEXT) || !isPlain(cluster, CLUSTER) || !isPlain(user, USER)) {
      return Optional.empty();
    }
    var server = String.valueOf(text(cluster, "server"));
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
            entries("contexts").stream().map(it -> String.valueOf(text(it, "name"))).toList()));
  }

  /** The maps in a list of the file. */
  private List<Map<?, ?>> entries(String list) {
    var entries = new ArrayList<Map<?, ?>>();
    if (root.get(list) instanceof List<?> items) {
      for (var item : items) {
        if (item instanceof Map<?, ?> entry) {
          entries.add(entry);
        }
      }
    }
    return entries;
  }

  /** The first entry of that name; one that is not plain if there is none. */
  private Map<?, ?> named(String list, String kind, @Nullable String name) {
    for (var entry : entries(list)) {
      if (name != null && name.equals(text(entry, "name"))) {
        return switch (entry.get(kind)) {
          case Map<?, ?> found -> found;
          case null -> Map.of();
          default -> NONE;
        };
      }
    }
    return NONE;
  }

  private static boolean isPlain(Map<?, ?> map, Set<String> keys) {
    return map.entrySet().stream()
        .allMatch(
            entry -> keys.contains(String.valueOf(entry.getKey())) || entry.getValue() == null);
  }

  private static @Nullable String text(Map<?, ?> map, String key) {
    var value = map.get(key);
    return value == null ? null : value.toString();
  }

  private PemSource pem(Map<?, ?> map, String key) {
    var path = text(map, key);
    return new PemSource(
        text(map, key + "-data"),
        // A relative path counts from the kubeconfig's directory.
        path == null ? null : file.resolveSibling(path).toString());
  }
}
