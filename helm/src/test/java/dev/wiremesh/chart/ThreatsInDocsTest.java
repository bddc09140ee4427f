package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Each line of the threat model in docs/security.md names tests that exist. */
final class ThreatsInDocsTest {
  private static final String PAGE = Repository.read(Repository.ROOT.resolve("docs/security.md"));
  private static final Pattern TEST = Pattern.compile("`([A-Z]\\w+Tests?)#(\\w+)`");
  private static final String MODULES = "core crds wireguard operator node-agent e2e helm";

  @Test
  void everyLineNamesItsTest() {
    int lines = 0;
    for (var line : section().lines().toList()) {
      boolean isRow =
          line.startsWith("|") && !line.startsWith("| ---") && !line.endsWith("| test |");
      if (isRow) {
        lines++;
        assertThat(TEST.matcher(line).find()).as(line).isTrue();
      }
    }
    assertThat(lines).isGreaterThan(30);
  }

  @Test
  void namedTestsExist() throws IOException {
    var sources = tests();
    for (var match : TEST.matcher(section()).results().toList()) {
      var method = Pattern.compile("(?:void|Stream<DynamicTest>) " + match.group(2) + "\\(");
      assertThat(sources)
          .as(match.group())
          .anyMatch(file ->
              file.endsWith(match.group(1) + ".java")
                  && method.matcher(Repository.read(file)).find());
    }
  }

  private static String section() {
    int begin = PAGE.indexOf("## Attackers\n");
    return PAGE.substring(begin, PAGE.indexOf("\n## ", begin));
  }

  private static List<Path> tests() throws IOException {
    var found = new ArrayList<Path>();
    for (var module : MODULES.split(" ")) {
      try (var files = Files.walk(Repository.ROOT.resolve(module).resolve("src/test/java"))) {
        files.filter(file -> file.toString().matches(".*Tests?[.]java")).forEach(found::add);
      }
    }
    return found;
  }
}
