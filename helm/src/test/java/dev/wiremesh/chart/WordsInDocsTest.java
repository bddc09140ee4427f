package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Fields, metrics, dashboards and links that the documentation names exist. */
class WordsInDocsTest {
  private static final Pattern FIELD =
      Pattern.compile("(?<![\\w/.-])(?:spec|status)(?:\\.[a-zA-Z]+)+");

  /** Of those that are relative, the file. */
  private static final Pattern LINK = Pattern.compile("\\]\\((?![a-z]+:|#)([^)#]+)");

  private static final Path REFERENCES = Repository.ROOT.resolve("docs/reference");
  private static final Pattern DASHBOARD = Pattern.compile("\\*(Wiremesh / [A-Z][a-z]+)\\*");

  @Test
  void fieldsAreThoseOfAKind() throws IOException {
    var kinds = new ArrayList<JsonNode>();
    try (var files = Files.list(Repository.CHART.resolve("crds"))) {
      for (var file : files.toList()) {
        kinds.add(Chart.YAML.readTree(file.toFile()).at("/spec/versions/0/schema/openAPIV3Schema"));
      }
    }
    var named = words(FIELD, 0);
    assertThat(named).hasSizeGreaterThan(20);
    assertThat(named)
        .filteredOn(word -> kinds.stream().noneMatch(kind -> has(kind, word.text())))
        .isEmpty();
  }

  @Test
  void metricsAreExposed() {
    var known =
        Stream.concat(
                MetricNames.series().stream(),
                MetricNames.list().properties().stream()
                    .flatMap(program -> Chart.elements(program.getValue()))
                    .map(metric -> metric.path("name").asText()))
            .collect(Collectors.toSet());
    assertThat(documents())
        .allSatisfy(file ->
            assertThat(known).as("%s", file).containsAll(MetricNames.in(Repository.read(file))));
  }

  @Test
  void dashboardsAreShipped() throws IOException {
    var titles = new ArrayList<String>();
    try (var files = Files.list(Repository.CHART.resolve("files/dashboards"))) {
      for (var file : files.toList()) {
        titles.add(Chart.YAML.readTree(file.toFile()).path("title").asText());
      }
    }
    var named = words(DASHBOARD, 1);
    assertThat(named).hasSizeGreaterThan(3);
    assertThat(named).filteredOn(word -> !titles.contains(word.text())).isEmpty();
  }

  @Test
  void linksLeadToFiles() {
    var links = words(LINK, 1);
    assertThat(links).hasSizeGreaterThan(20);
    assertThat(links)
        .filteredOn(link -> !Files.exists(link.file().resolveSibling(link.text())))
        .isEmpty();
  }

  private static boolean has(JsonNode schema, String path) {
    var at = schema;
    for (var name : path.split("\\.", -1)) {
      at = (at.has("items") ? at.path("items") : at).path("properties").path(name);
    }
    return !at.isMissingNode();
  }

  private record Word(Path file, String text) {}

  private static List<Word> words(Pattern pattern, int group) {
    return documents().stream()
        .flatMap(file ->
            pattern
                .matcher(Repository.read(file))
                .results()
                .map(found -> new Word(file, found.group(group))))
        .toList();
  }

  /** All but the references, which are made of what is there. */
  private static List<Path> documents() {
    try (var files = Files.walk(Repository.ROOT.resolve("docs"))) {
      return Stream.concat(
              files
                  .filter(file -> file.toString().endsWith(".md"))
                  .filter(file -> !file.startsWith(REFERENCES)),
              Stream.of(
                  Repository.ROOT.resolve("README.md"), Repository.CHART.resolve("README.md")))
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
