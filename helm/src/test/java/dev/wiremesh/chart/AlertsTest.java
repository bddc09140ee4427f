package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.wiremesh.testkit.junit.RequiresTool;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Each alert fires when it should and is silent when it should, names metrics that exist, and has a
 * runbook.
 */
class AlertsTest {
  private static final Path RULES = Repository.CHART.resolve("files/alerts/wiremesh.yaml");
  private static final Path TESTS = Repository.RESOURCES.resolve("alerts");
  private static final Path RUNBOOKS = Repository.ROOT.resolve("docs/runbooks");
  private static final List<JsonNode> ALERTS = alerts();

  @Test
  @RequiresTool("promtool")
  void rulesAreValid() {
    Promtool.succeeds("check", "rules", RULES.toString());
  }

  @TestFactory
  @RequiresTool("promtool")
  Stream<DynamicTest> firesAndStaysSilent() {
    return ALERTS.stream()
        .map(AlertsTest::name)
        .map(name ->
            DynamicTest.dynamicTest(
                name,
                () -> {
                  var test = TESTS.resolve(name + ".yaml");
                  assertThat(Repository.read(test))
                      .contains("name: 'fires'", "name: 'silent: ", "exp_alerts: []");
                  Promtool.succeeds("test", "rules", test.toString());
                }));
  }

  @Test
  void testsAndRunbooksBelongToAlerts() throws IOException {
    var names = ALERTS.stream().map(AlertsTest::name).toList();
    assertThat(names).doesNotHaveDuplicates().allMatch(name -> name.startsWith("Wiremesh"));
    try (var tests = Files.list(TESTS);
        var runbooks = Files.list(RUNBOOKS)) {
      assertThat(tests.map(AlertsTest::stem)).containsExactlyInAnyOrderElementsOf(names);
      assertThat(runbooks.map(AlertsTest::stem).filter(name -> !name.equals("README")))
          .containsExactlyInAnyOrderElementsOf(names);
    }
  }

  @TestFactory
  Stream<DynamicTest> saysWhatItIsAbout() {
    return ALERTS.stream()
        .map(alert ->
            DynamicTest.dynamicTest(
                name(alert),
                () -> {
                  assertThat(alert.at("/labels/severity").asText())
                      .isIn("critical", "warning", "info");
                  assertThat(alert.at("/annotations/summary").asText())
                      .endsWith(".")
                      .doesNotContain("{{");
                  assertThat(alert.at("/annotations/description").asText()).contains(" ");
                  assertThat(alert.at("/annotations/runbook_url").asText())
                      .isEqualTo("https://wiremesh.dev/docs/runbooks/" + name(alert) + ".md");
                  assertThat(MetricNames.series())
                      .containsAll(MetricNames.in(alert.path("expr").asText()));
                  var runbook = Repository.read(RUNBOOKS.resolve(name(alert) + ".md"));
                  assertThat(runbook)
                      .startsWith("# " + name(alert) + "\n")
                      .contains(
                          "\n## What it means\n", "\n## What to look at\n", "\n## What to do\n");
                }));
  }

  @Test
  void chartInstallsThemAsTheyAre() {
    assertThat(installed("{scrapedOtherwise: true}")).isEqualTo(ALERTS);
  }

  /** A program that is not scraped would count as absent for ever. */
  @Test
  void alertOfAbsentAgentsNeedsAScrape() {
    assertThat(installed("{}").stream().map(AlertsTest::name))
        .doesNotContain("WiremeshOperatorDown", "WiremeshAgentDown")
        .hasSize(ALERTS.size() - 2);
    assertThat(installed("{}, podMonitor: {enabled: true}").stream().map(AlertsTest::name))
        .contains("WiremeshAgentDown")
        .doesNotContain("WiremeshOperatorDown");
    assertThat(installed("{}, podMonitor: {enabled: true}, serviceMonitor: {enabled: true}"))
        .hasSameSizeAs(ALERTS);
  }

  @Test
  void chartMayNameOtherRunbooksAndAddLabels() {
    var installed =
        installed(
            "{scrapedOtherwise: true, runbookUrl: \"https://runbooks.example.com\", alertLabels: {team: network}}");
    assertThat(installed).hasSameSizeAs(ALERTS);
    for (var alert : installed) {
      assertThat(alert.at("/annotations/runbook_url").asText())
          .isEqualTo("https://runbooks.example.com/" + name(alert) + ".md");
      assertThat(alert.at("/labels/team").asText()).isEqualTo("network");
      assertThat(alert.at("/labels/severity").asText()).isNotEmpty();
    }
  }

  private static List<JsonNode> installed(String values) {
    var rule =
        Chart.render(
                """
                monitoring: {assumePrometheusOperator: true, prometheusRule: %s}
                """
                    .formatted(values.replaceFirst("\\{", "{enabled: true, ")))
            .object("PrometheusRule", "wiremesh");
    return Chart.elements(rule.at("/spec/groups/0/rules")).toList();
  }

  private static List<JsonNode> alerts() {
    try {
      return Chart.elements(Chart.YAML.readTree(RULES.toFile()).path("groups"))
          .flatMap(group -> Chart.elements(group.path("rules")))
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  private static String name(JsonNode alert) {
    return alert.path("alert").asText();
  }

  private static String stem(Path file) {
    return String.valueOf(file.getFileName()).replaceFirst("\\.[a-z]+$", "");
  }
}
