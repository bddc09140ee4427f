package dev.wiremesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.commons.support.ReflectionSupport.findAllClassesInPackage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The patches that {@code e2e/mutations/run} breaks the protocol with still fit the code: that run
 * is long and rare, and the code goes on meanwhile.
 */
class MutationsTest {
  private static final Path ROOT = Path.of("..");
  private static final Path MUTATIONS = ROOT.resolve("e2e/mutations");
  private static final String FOUND_BY = "Found by: ";
  private static final String FILE = "+++ b/";

  static List<Path> patches() throws IOException {
    try (var files = Files.list(MUTATIONS)) {
      return files.filter(file -> file.toString().endsWith(".patch")).sorted().toList();
    }
  }

  @Test
  void thereAreTenAtLeast() throws IOException {
    assertThat(patches()).hasSizeGreaterThanOrEqualTo(10);
  }

  @ParameterizedTest
  @MethodSource("patches")
  void patchFitsTheCode(Path patch) throws IOException {
    Path file = null;
    var before = new ArrayList<String>();
    var lines = new ArrayList<>(Files.readAllLines(patch));
    lines.add("@@"); // the last hunk ends here
    for (var line : lines) {
      if (line.startsWith(FILE) || line.startsWith("@@")) {
        if (file != null && !before.isEmpty()) {
          assertThat(Files.readString(file)).contains(String.join("\n", before) + "\n");
        }
        before.clear();
        file = line.startsWith(FILE) ? ROOT.resolve(line.substring(FILE.length())) : file;
      } else if (file != null && (line.startsWith(" ") || line.startsWith("-"))) {
        before.add(line.substring(1));
      }
    }
    assertThat(file).as("a file that is patched").isNotNull();
  }

  @ParameterizedTest
  @MethodSource("patches")
  void testThatFindsItIsRun(Path patch) throws IOException {
    var first = Files.readAllLines(patch).getFirst();
    assertThat(first).startsWith(FOUND_BY);
    var test = first.substring(FOUND_BY.length());
    assertThat(findAllClassesInPackage("dev.wiremesh", type -> true, name -> true))
        .extracting(Class::getSimpleName)
        .contains(test);
    assertThat(Files.readString(MUTATIONS.resolve("run"))).contains(test);
  }
}
