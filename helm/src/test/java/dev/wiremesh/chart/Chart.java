package dev.wiremesh.chart;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.marcnuri.helm.DryRun;
import com.marcnuri.helm.Helm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The chart, rendered by Helm itself inside this process. */
final class Chart {
  /** Strict as Kustomize and Flux are: a key may stand once. */
  static final ObjectMapper YAML =
      new ObjectMapper(new YAMLFactory()).enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);

  static final Helm HELM = new Helm(Repository.CHART);

  /** The same chart, with its hooks as ordinary objects: this Helm renders none otherwise. */
  private static final Helm HELM_FOR_HOOKS = new Helm(chartWithoutHooks());

  private static final String AS_HOOK = "helm.sh/hook:";
  private static final String AS_OBJECT = "golden.test/hook:";

  /** Templates may ask the cluster for objects: this is the one that answers. */
  static final FakeCluster CLUSTER = FakeCluster.start();

  private Chart() {}

  /**
   * Objects that Helm makes of the chart and these values.
   *
   * @throws RuntimeException with Helm's message where it refuses the values
   */
  static Rendered render(Path values) {
    return render(values, "wiremesh-system");
  }

  static Rendered render(Path values, String namespace) {
    return rendered(HELM, values, namespace);
  }

  /** The hooks alone: what Helm makes before an upgrade and before an uninstallation. */
  static Rendered hooks(Path values) {
    var text =
        Stream.of(
                rendered(HELM_FOR_HOOKS, values, "wiremesh-system").text().split("(?m)^---\\R", -1))
            .filter(document -> document.contains(AS_OBJECT))
            .map(document -> "---\n" + document.replace(AS_OBJECT, AS_HOOK))
            .collect(Collectors.joining());
    return new Rendered(text, parse(text));
  }

  static Rendered hooks(String values) {
    return withFile(values, Chart::hooks);
  }

  private static Rendered rendered(Helm helm, Path values, String namespace) {
    var text =
        helm.template()
            .withName("wiremesh")
            .withNamespace(namespace)
            .withKubeVersion("1.36.0")
            .skipCrds()
            .withValuesFile(values)
            .call();
    return new Rendered(text, parse(text));
  }

  /** The same for values written in place, as YAML. */
  static Rendered render(String values) {
    return render(values, "wiremesh-system");
  }

  static Rendered render(String values, String namespace) {
    return withFile(values, file -> render(file, namespace));
  }

  /** The notes that Helm prints after an installation with these values. */
  static String notes(String values, String namespace) {
    return withFile(
        values,
        file -> {
          var output =
              HELM.install()
                  .withName("wiremesh")
                  .withNamespace(namespace)
                  .withKubeVersion("1.36.0")
                  .clientOnly()
                  .withDryRunOption(DryRun.CLIENT)
                  .withValuesFile(file)
                  .call()
                  .getOutput();
          return output.substring(output.indexOf("\nNOTES:\n") + 8);
        });
  }

  /** One rendering: hooks and manifests as Helm wrote them, and the objects in it. */
  record Rendered(String text, List<JsonNode> objects) {

    JsonNode object(String kind, String name) {
      return named(kind, name)
          .findFirst()
          .orElseThrow(() -> new NoSuchElementException(kind + "/" + name + " is not rendered"));
    }

    boolean has(String kind, String name) {
      return named(kind, name).findFirst().isPresent();
    }

    private Stream<JsonNode> named(String kind, String name) {
      return objects.stream()
          .filter(o -> o.path("kind").asText().equals(kind))
          .filter(o -> o.at("/metadata/name").asText().equals(name));
    }
  }

  static Stream<JsonNode> elements(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false);
  }

  private static List<JsonNode> parse(String text) {
    try (var documents = YAML.readerFor(JsonNode.class).<JsonNode>readValues(text)) {
      return documents.readAll().stream().filter(JsonNode::isObject).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path chartWithoutHooks() {
    try {
      var target = Files.createDirectories(Repository.ROOT.resolve("helm/target"));
      var copy = Files.createTempDirectory(target, "chart-with-hooks-as-objects");
      try (var files = Files.walk(Repository.CHART)) {
        for (var file : files.filter(Files::isRegularFile).toList()) {
          var copied = copy.resolve(Repository.CHART.relativize(file).toString());
          Files.createDirectories(copied.getParent());
          Files.writeString(copied, Files.readString(file).replace(AS_HOOK, AS_OBJECT));
        }
      }
      return copy;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static <T> T withFile(String values, Function<Path, T> use) {
    try {
      var file = Files.createTempFile("values", ".yaml");
      try {
        Files.writeString(file, values);
        return use.apply(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
