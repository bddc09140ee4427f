package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.wiremesh.testkit.junit.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The dashboards are valid for Grafana, and their queries name metrics that exist. */
class DashboardsTest {
  private static final Path FOLDER = Repository.CHART.resolve("files/dashboards");

  /** Values of Grafana's variables. */
  private static final Map<String, String> VARIABLES =
      Map.of(
          "$__rate_interval", "5m",
          "$__range", "3h",
          "$cluster", ".*",
          "$network", ".*",
          "$instance", ".*",
          "$peer", "default/laptop");

  @TestFactory
  Stream<DynamicTest> isWhole() throws IOException {
    return files().stream()
        .map(
            file -> DynamicTest.dynamicTest(String.valueOf(file.getFileName()), () -> check(file)));
  }

  private static void check(Path file) throws IOException {
    var dashboard = Chart.YAML.readTree(file.toFile());
    // Links and bookmarks contain the uid.
    assertThat(file).hasFileName(dashboard.path("uid").asText() + ".json");
    assertThat(dashboard.path("schemaVersion").asInt()).isGreaterThanOrEqualTo(38);
    assertThat(Chart.elements(dashboard.path("tags")).map(JsonNode::asText)).contains("wiremesh");
    assertThat(dashboard.at("/templating/list/0/type").asText()).isEqualTo("datasource");
    var panels = Chart.elements(dashboard.path("panels")).toList();
    assertThat(panels.stream().map(p -> p.path("id").asInt())).doesNotHaveDuplicates();
    for (var panel : panels) {
      assertThat(panel.path("title").asText()).isNotBlank();
      for (var target : panel.path("targets")) {
        assertThat(target.at("/datasource/uid").asText()).isEqualTo("${datasource}");
      }
    }
    for (var expression : expressions(dashboard)) {
      assertThat(MetricNames.series()).as(expression).containsAll(MetricNames.in(expression));
      // One Prometheus may hold several clusters, and programs in Java that are not ours.
      assertThat(expression).contains("cluster=~\"$cluster\"");
      if (expression.contains("jvm_") || expression.contains("process_")) {
        assertThat(expression).contains("job=~\"(.*/)?wiremesh-agent\"");
      }
    }
  }

  @Test
  @RequiresTool("promtool")
  void everyQueryIsPromQl(@TempDir Path folder) throws IOException {
    var rules = new ArrayList<Map<String, String>>();
    for (var file : files()) {
      for (var expression : expressions(Chart.YAML.readTree(file.toFile()))) {
        var filled = expression;
        for (var variable : VARIABLES.entrySet()) {
          filled = filled.replace(variable.getKey(), variable.getValue());
        }
        assertThat(filled).doesNotContain("$");
        rules.add(Map.of("record", "query:" + rules.size(), "expr", filled));
      }
    }
    assertThat(rules).hasSizeGreaterThan(30);
    var file = folder.resolve("queries.yaml");
    Chart.YAML.writeValue(
        file.toFile(), Map.of("groups", List.of(Map.of("name", "queries", "rules", rules))));
    Promtool.succeeds("check", "rules", file.toString());
  }

  @Test
  void chartInstallsThemForGrafanasSidecar() throws IOException {
    var rendered = Chart.render("{monitoring: {dashboards: {enabled: true, namespace: grafana}}}");
    for (var file : files()) {
      var name = String.valueOf(file.getFileName());
      var map = rendered.object("ConfigMap", name.replace(".json", ""));
      assertThat(map.at("/metadata/namespace").asText()).isEqualTo("grafana");
      assertThat(map.at("/metadata/labels/grafana_dashboard").asText()).isEqualTo("1");
      assertThat(Chart.YAML.readTree(map.path("data").path(name).asText()))
          .isEqualTo(Chart.YAML.readTree(file.toFile()));
    }
  }

  private static List<String> expressions(JsonNode dashboard) {
    return dashboard.findValues("expr").stream().map(JsonNode::asText).toList();
  }

  private static List<Path> files() throws IOException {
    try (var files = Files.list(FOLDER)) {
      return files.sorted().toList();
    }
  }
}
