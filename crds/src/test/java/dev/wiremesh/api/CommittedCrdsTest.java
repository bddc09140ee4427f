package dev.wiremesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/**
 * The CRDs that are installed are those that the classes say. To bring the files up to date: {@code
 * mvn -pl crds -am test -Dtest=CommittedCrdsTest -Dsurefire.failIfNoSpecifiedTests=false
 * -Dcrds.update}.
 */
final class CommittedCrdsTest {
  private static final Path COMMITTED = Path.of("../helm/wiremesh/crds");

  @Test
  void committedFilesAreWhatTheClassesSay() throws IOException {
    var generated = CrdYaml.files();
    if (System.getProperty("crds.update") != null) {
      Files.createDirectories(COMMITTED);
      for (var file : generated.entrySet()) {
        Files.writeString(COMMITTED.resolve(file.getKey()), file.getValue());
      }
    }

    try (var files = Files.list(COMMITTED)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(generated.keySet());
    }
    for (var file : generated.entrySet()) {
      assertThat(Files.readString(COMMITTED.resolve(file.getKey())))
          .as("%s is out of date: run this test with -Dcrds.update", file.getKey())
          .isEqualTo(file.getValue());
    }
  }
}
