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
 * Each directory of golden/ is a case: what the chart renders with its values.yaml stands in
 * manifests.yaml. After a change that is meant, {@code mvn test -pl helm -Dgolden.update} writes
 * them anew; the diff is what to review.
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
    var expected = folder.resolve("manifests.yaml");
    // The versions change with each release and say nothing about a case.
    var rendered =
        Chart.render(folder.resolve("values.yaml"))
            .text()
            .replace(System.getProperty("project.version", "?"), "VERSION");
    if (Repository.UPDATE) {
      Repository.write(expected, rendered);
    }
    assertThat(rendered).isEqualTo(Repository.read(expected));
    try (var files = Files.list(folder)) {
      assertThat(files.map(f -> f.getFileName().toString()))
          .as("files of the case; others would be read by nobody")
          .allMatch(Set.of("values.yaml", "manifests.yaml")::contains);
    }
  }

  private static List<Path> folders() throws IOException {
    try (var folders = Files.list(GOLDEN)) {
      return folders.sorted().toList();
    }
  }
}
