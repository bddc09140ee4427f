package dev.wiremesh.e2e.observe;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One query of a dashboard's panel, as Grafana would send it.
 *
 * @param panel the dashboard's file and the panel's title, for messages
 */
record Panels(String panel, String query) {
  private static final Pattern METRIC = Pattern.compile("\\b(?:wiremesh|jvm|process)_[a-z0-9_]+");

  /** Panels of all dashboards in a folder, with the variables filled in. */
  static List<Panels> of(Path folder, Map<String, String> variables) {
    var found = new ArrayList<Panels>();
    try (var files = Files.list(folder)) {
      for (var file : files.sorted().toList()) {
        var dashboard = Prometheus.YAML.readTree(file.toFile());
        for (var panel : dashboard.path("panels")) {
          for (var target : panel.path("targets")) {
            found.add(
                new Panels(
                    "%s, %s".formatted(file.getFileName(), panel.path("title").asText()),
                    filled(target, variables)));
          }
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return found;
  }

  private static String filled(JsonNode target, Map<String, String> variables) {
    var query = target.path("expr").asText();
    for (var variable : variables.entrySet()) {
      query = query.replace(variable.getKey(), variable.getValue());
    }
    if (query.contains("$")) {
      throw new AssertionError("a variable that this test does not know: " + query);
    }
    return query;
  }

  /** Metrics that the query names. */
  Set<String> metrics() {
    return METRIC
        .matcher(query)
        .results()
        .map(MatchResult::group)
        .collect(Collectors.toCollection(TreeSet::new));
  }
}
