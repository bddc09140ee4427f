package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * The reference pages that are generated from code and chart are up to date. {@code mvn test -pl
 * helm -Dgolden.update} rewrites them.
 */
class ReferenceTest {
  private static final Path REFERENCES = Repository.ROOT.resolve("docs/reference");
  private static final Pattern LINE = Pattern.compile("^( *)([A-Za-z][A-Za-z0-9]*):(.*)$");

  @Test
  void valuesReferenceIsUpToDate() throws IOException {
    check(REFERENCES.resolve("values.md"), values());
  }

  @Test
  void metricsReferenceIsUpToDate() {
    check(REFERENCES.resolve("metrics.md"), metrics());
  }

  @Test
  void kindsReferenceIsUpToDate() throws IOException {
    check(REFERENCES.resolve("kinds.md"), KindsReference.page());
  }

  private static void check(Path file, String made) {
    if (Repository.UPDATE) {
      Repository.write(file, made);
    }
    assertThat(Repository.read(file)).isEqualTo(made);
  }

  private static String values() throws IOException {
    var text = Repository.read(Repository.CHART.resolve("values.yaml"));
    var values = Chart.YAML.readTree(text);
    var lines = new ArrayList<String>();
    lines.add("# Values of the chart");
    lines.add("");
    lines.add("<!-- Made of helm/wiremesh/values.yaml by ReferenceTest: change that. -->");
    lines.add("");
    lines.add("| value | default | what it is |");
    lines.add("| --- | --- | --- |");
    var path = new ArrayDeque<String>();
    String comment = "";
    for (var line : text.lines().toList()) {
      var stripped = line.strip();
      if (stripped.startsWith("# -- ")) {
        comment = stripped.substring(5);
        continue;
      }
      var key = LINE.matcher(line);
      if (!key.matches()) {
        continue;
      }
      int depth = key.group(1).length() / 2;
      while (path.size() > depth) {
        path.removeLast();
      }
      path.addLast(key.group(2));
      var name = String.join(".", path);
      var value = values.at("/" + String.join("/", path));
      if (!comment.isEmpty()) {
        lines.add("| `%s` | `%s` | %s |".formatted(name, value, comment.replace("|", "\\|")));
        comment = "";
      } else {
        assertThat(value.isObject() || documented(lines, name))
            .as("%s has a comment that starts with '# -- '", name)
            .isTrue();
      }
    }
    return String.join("\n", lines) + "\n";
  }

  /** Parts of a value that is explained as a whole. */
  private static boolean documented(List<String> lines, String name) {
    return lines.stream()
        .filter(line -> line.startsWith("| `"))
        .map(line -> line.substring(3, line.indexOf('`', 3)))
        .anyMatch(known -> name.startsWith(known + "."));
  }

  private static String metrics() {
    var text = new StringBuilder();
    text.append(
        "# Metrics\n\n<!-- Made of helm/src/test/resources/metrics.yaml by ReferenceTest: change that. -->\n\n");
    text.append(
        """
        Agents answer on `127.0.0.1:9586/metrics` of their node (`agent.http` in the chart's values), operators on port
        8080. A series that has no value is absent: a peer that never shook hands has no last handshake, rather than one
        in 1970. `peer` is the node's name, or `<namespace>/<name>` of a Peer. Counters go on over re-keying.
        """);
    for (var program : MetricNames.list().properties()) {
      text.append("\n## ").append(heading(program.getKey()));
      text.append("\n\n| metric | type | labels | what it is |\n| --- | --- | --- | --- |\n");
      for (var metric : program.getValue()) {
        var labels =
            Chart.elements(metric.path("labels"))
                .map(JsonNode::asText)
                .map(label -> "`" + label + "`")
                .collect(Collectors.joining(", "));
        text.append(
            "| `%s` | %s | %s | %s |\n"
                .formatted(
                    metric.path("name").asText(),
                    metric.path("type").asText(),
                    labels,
                    metric.path("help").asText()));
      }
    }
    return text.toString();
  }

  private static String heading(String program) {
    return switch (program) {
      case "agent" -> "Agent";
      case "compatibility" ->
          "Agent, with `metrics.compatibility=wireguard-exporter`: the names of prometheus_wireguard_exporter";
      case "operator" -> "Operator";
      case "both" -> "Both programs (a choice; there are more of their kind)";
      default -> throw new IllegalArgumentException(program);
    };
  }
}
