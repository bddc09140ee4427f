package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Golden files: each directory of golden/ is a case with its values.yaml, the rendered
 * manifests.yaml and hooks.yaml (without the CRDs that one hook contains verbatim). After an
 * intended change, {@code mvn test -pl helm -Dgolden.update} rewrites them, and the diff is
 * reviewed.
 */
class GoldenTest {
  private static final Path GOLDEN = Repository.RESOURCES.resolve("golden");

  @TestFactory
  Stream<DynamicTest> rendersAsCommitted() throws IOException {
    return folders().stream()
        .map(folder ->
            DynamicTest.dynamicTest(folder.getFileName().toString(), () -> check(folder)));
  }

  private static void check(Path folder) throws IOException {
    var values = folder.resolve("values.yaml");
    compare(folder.resolve("manifests.yaml"), Chart.render(values).text());
    compare(folder.resolve("hooks.yaml"), withoutKinds(Chart.hooks(values).text()));
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .as("files of the case; others would not be read")
          .allMatch(Set.of("values.yaml", "manifests.yaml", "hooks.yaml")::contains);
    }
  }

  private static void compare(Path file, String text) throws IOException {
    // The versions change with each release and say nothing about a case.
    var rendered = text.replace(System.getProperty("project.version", "?"), "VERSION");
    if (Repository.UPDATE) {
      Repository.write(file, rendered);
    }
    assertThat(rendered).isEqualTo(Repository.read(file));
  }

  private static String withoutKinds(String hooks) throws IOException {
    var text = hooks;
    try (var kinds = Files.list(Repository.CHART.resolve("crds"))) {
      for (var file : kinds.sorted().toList()) {
        var content = Repository.read(file).strip().indent(4);
        text = text.replace(content, "    (the file as it is)\n");
      }
    }
    return text;
  }

  private static List<Path> folders() throws IOException {
    try (var folders = Files.list(GOLDEN)) {
      return folders.sorted().toList();
    }
  }
}
