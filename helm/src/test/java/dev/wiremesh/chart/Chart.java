package dev.wiremesh.chart;

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
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** The chart, rendered by Helm itself inside this process. */
final class Chart {
  static final ObjectMapper YAML = new ObjectMapper(new YAMLFactory());
  static final Helm HELM = new Helm(Repository.CHART);

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
    var text =
        HELM.template()
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

  /** What is said after an installation with these values. */
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
