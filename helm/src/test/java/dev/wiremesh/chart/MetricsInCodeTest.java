package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * metrics.yaml, which rules, dashboards and the reference rely on, equals the metrics of the
 * programs.
 */
class MetricsInCodeTest {
  /** Where a metric gets its name, in Micrometer's builders and in the agent's collector. */
  private static final Pattern NAMED =
      Pattern.compile(
          "(?:builder|counter|gauge|histogram)\\(\\s*\"((?:wiremesh\\.)?[a-z][a-z_.]+)\"|name\\(\"(wire(?:mesh|guard)_[a-z_]+)\"\\)");

  @Test
  void listIsWhatTheProgramsMake() throws IOException {
    var listed =
        MetricNames.list().properties().stream()
            .flatMap(program -> Chart.elements(program.getValue()))
            .map(metric -> metric.path("name").asText())
            .filter(name -> name.matches("wire(mesh|guard)_.*"))
            .map(MetricsInCodeTest::stem)
            .collect(Collectors.toCollection(TreeSet::new));
    var made = made("operator/src/main/java/dev/wiremesh/operator/runtime");
    made.addAll(made("node-agent/src/main/java/dev/wiremesh/agent/metrics"));
    assertThat(listed).isEqualTo(made);
  }

  private static Set<String> made(String folder) throws IOException {
    var names = new TreeSet<String>();
    try (var files = Files.walk(Repository.ROOT.resolve(folder))) {
      for (var file : files.filter(f -> f.toString().endsWith(".java")).toList()) {
        NAMED
            .matcher(Repository.read(file))
            .results()
            .map(r -> r.group(1) == null ? r.group(2) : r.group(1))
            .forEach(name -> names.add(stem(name)));
      }
    }
    return names;
  }

  /** Without what exposition adds: prefix, unit and kind. */
  private static String stem(String name) {
    return name.replace('.', '_')
        .replaceFirst("^wiremesh_", "")
        .replaceFirst("_(total|info|seconds)$", "")
        .replaceFirst("_seconds$", "");
  }
}
