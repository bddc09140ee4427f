package dev.wiremesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.commons.support.ReflectionSupport.findAllClassesInPackage;

import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.junit.ScenarioRow;
import dev.wiremesh.testkit.junit.ScenarioTable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code docs/reference/scenarios.md} lists the scenarios that exist, in their own words. */
class ScenariosTest {
  private static final Path PAGE = Path.of("..", "docs", "reference", "scenarios.md");

  private static List<Method> scenarios() {
    return findAllClassesInPackage("dev.wiremesh.wireguard", type -> true, name -> true).stream()
        .flatMap(type -> Stream.of(type.getDeclaredMethods()))
        .filter(method -> method.isAnnotationPresent(Scenario.class))
        .toList();
  }

  @Test
  void thePageListsEveryScenario() throws IOException {
    var expected = ScenarioTable.render(PAGE, scenarios().stream().map(ScenarioRow::of).toList());
    var copy = Files.writeString(Path.of("target", "scenarios.md"), expected).toAbsolutePath();
    assertThat(Files.readString(PAGE))
        .as("the page; %s has what it should be: copy it", copy)
        .isEqualTo(expected);
  }

  /** This test sees the classes of one module. */
  @Test
  void noOtherModuleHasScenarios() throws IOException {
    var classes =
        scenarios().stream().map(method -> method.getDeclaringClass().getSimpleName()).distinct();
    try (var files = Files.walk(Path.of(".."))) {
      assertThat(
              files
                  .filter(file -> file.toString().matches("\\.\\./[^/]+/src/test/.*\\.java"))
                  .filter(ScenariosTest::importsScenario)
                  .map(file -> String.valueOf(file.getFileName()).replace(".java", ""))
                  .filter(name -> !name.equals("ScenariosTest")))
          .containsExactlyInAnyOrderElementsOf(classes.toList());
    }
  }

  private static boolean importsScenario(Path file) {
    try {
      return Files.readString(file).contains("import " + Scenario.class.getName() + ";");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
