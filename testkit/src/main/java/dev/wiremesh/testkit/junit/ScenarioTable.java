package dev.wiremesh.testkit.junit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;

/**
 * The table in {@code docs/reference/scenarios.md}: each scenario, its sentence and its tier. It
 * holds no results, so that a run leaves the checkout as it was.
 */
public final class ScenarioTable {
  private static final String HEADER = "| Scenario | What it proves | Tier |";
  private static final String RULE = "| --- | --- | --- |";

  private ScenarioTable() {}

  /** The text of the page with these rows in place of its own. */
  public static String render(Path page, Collection<ScenarioRow> rows) throws IOException {
    var text = new StringBuilder();
    for (var line : Files.readAllLines(page)) {
      if (line.equals(HEADER)) {
        break;
      }
      text.append(line).append('\n');
    }
    text.append(HEADER).append('\n').append(RULE).append('\n');
    rows.stream().sorted().forEach(row -> text.append(row.line()).append('\n'));
    return text.toString();
  }
}
