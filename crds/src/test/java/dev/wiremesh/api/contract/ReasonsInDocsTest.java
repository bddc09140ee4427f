package dev.wiremesh.api.contract;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/**
 * The tables of {@code docs/troubleshooting.md} are those that the enums say. To bring the page up
 * to date: {@code mvn -pl crds -am test -Dtest=ReasonsInDocsTest
 * -Dsurefire.failIfNoSpecifiedTests=false -Dgolden.update}.
 */
final class ReasonsInDocsTest {
  private static final Path PAGE = Path.of("../docs/troubleshooting.md");
  private static final String END = "<!-- end -->";

  @Test
  void tablesAreWhatTheEnumsSay() throws IOException {
    var page = Files.readString(PAGE);
    var generated = page;
    for (var table : tables().entrySet()) {
      generated = withTable(generated, table.getKey(), table.getValue());
    }
    if (System.getProperty("golden.update") != null) {
      Files.writeString(PAGE, generated);
      page = generated;
    }

    assertThat(page).as("run this test with -Dgolden.update").isEqualTo(generated);
  }

  private static String withTable(String page, String name, String table) {
    var begin = "<!-- %s: generated from crds by ReasonsInDocsTest -->\n".formatted(name);
    assertThat(page).containsOnlyOnce(begin);
    int from = page.indexOf(begin) + begin.length();
    int to = page.indexOf(END, from);
    assertThat(to).as("the end of the table " + name).isPositive();
    return page.substring(0, from) + table + page.substring(to);
  }

  private static Map<String, String> tables() {
    var tables = new LinkedHashMap<String, String>();
    for (var kind : Reason.Kind.values()) {
      tables.put("conditions of " + kind.text(), conditions(kind));
    }
    tables.put("problem peers", problems());
    tables.put("events", events());
    return tables;
  }

  private static String conditions(Reason.Kind kind) {
    return "| condition | reason | what it means | what to do |\n| --- | --- | --- | --- |\n"
        + Arrays.stream(Reason.values())
            .filter(reason -> reason.kind() == kind)
            .map(ReasonsInDocsTest::row)
            .collect(joining());
  }

  private static String row(Reason reason) {
    return "| %s=%s | `%s` | %s | %s |\n"
        .formatted(
            reason.type().text(),
            reason.status().text(),
            reason.text(),
            cell(reason.meaning()),
            cell(advice(reason)));
  }

  private static String advice(Reason reason) {
    var page = reason.page();
    if (page == null) {
      return reason.advice();
    }
    var label = page.startsWith("runbooks/") ? "runbook" : page.substring(0, page.indexOf(".md"));
    return "%s ([%s](%s))".formatted(reason.advice(), label, page);
  }

  private static String problems() {
    return "| reason | what it means | what to do |\n| --- | --- | --- |\n"
        + Arrays.stream(ProblemReason.values())
            .map(reason ->
                "| `%s` | %s | %s |\n"
                    .formatted(reason.text(), cell(reason.meaning()), cell(reason.advice())))
            .collect(joining());
  }

  private static String events() {
    return "| type | reason | what it means | what to do |\n| --- | --- | --- | --- |\n"
        + Arrays.stream(EventReason.values())
            .map(reason ->
                "| %s | `%s` | %s | %s |\n"
                    .formatted(
                        reason.eventType(),
                        reason.text(),
                        cell(reason.meaning()),
                        cell(reason.advice())))
            .collect(joining());
  }

  private static String cell(String text) {
    return text.replace("|", "\\|");
  }
}
