package dev.wiremesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The metrics that operator and agents expose, as metrics.yaml lists them. */
final class MetricNames {
  private static final Pattern NAME = Pattern.compile("\\b(?:wiremesh|jvm|process)_[a-z0-9_]+");

  private MetricNames() {}

  static JsonNode list() {
    try {
      return Chart.YAML.readTree(Repository.RESOURCES.resolve("metrics.yaml").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the series that Prometheus has, histograms and summaries in their parts. */
  static Set<String> series() {
    return list().properties().stream()
        .flatMap(program -> Chart.elements(program.getValue()))
        .flatMap(metric -> {
          var name = metric.path("name").asText();
          return switch (metric.path("type").asText()) {
            case "histogram" -> Stream.of(name + "_bucket", name + "_sum", name + "_count");
            case "summary" -> Stream.of(name + "_sum", name + "_count", name + "_max");
            default -> Stream.of(name);
          };
        })
        .collect(Collectors.toSet());
  }

  /** Metrics that an expression of PromQL names. */
  static Set<String> in(String expression) {
    return NAME.matcher(expression)
        .results()
        .map(r -> r.group())
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
