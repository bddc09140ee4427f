package dev.wiremesh.wireguard;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.commons.support.AnnotationSupport.isAnnotated;
import static org.junit.platform.commons.support.ReflectionSupport.findAllClassesInPackage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.platform.commons.annotation.Testable;

/** The table of behaviours names code and tests that there are. */
class BehavioursTest {
  private static final Path TABLE = Path.of("..", "docs", "reference", "behaviours.md");
  private static final Pattern ROW =
      Pattern.compile("\\| (\\d+) \\| ([^|]+)\\| ([^|]*)\\| ([^|]+)\\| ([^|]+)\\|");
  private static final Pattern NAME = Pattern.compile("`([^`]+)`");

  private static List<MatchResult> rows() throws IOException {
    try (var lines = Files.lines(TABLE)) {
      return lines.flatMap(line -> ROW.matcher(line).results()).toList();
    }
  }

  private static Stream<String> names(String cell) {
    return NAME.matcher(cell).results().map(name -> name.group(1));
  }

  @Test
  void behavioursAreNumberedAndEachHasCodeAndATest() throws IOException {
    assertThat(rows()).isNotEmpty();
    assertThat(rows().stream().map(row -> Integer.parseInt(row.group(1))))
        .containsExactlyElementsOf(IntStream.rangeClosed(1, rows().size()).boxed().toList());
    assertThat(rows())
        .allSatisfy(row -> {
          assertThat(names(row.group(4))).isNotEmpty();
          assertThat(names(row.group(5))).isNotEmpty();
        });
  }

  @Test
  void namedCodeExists() throws IOException {
    Set<String> classes =
        classes().map(Class::getSimpleName).collect(Collectors.toUnmodifiableSet());
    assertThat(rows().stream().flatMap(row -> names(row.group(4)))).isSubsetOf(classes);
    Set<String> tests =
        classes()
            .flatMap(type -> Stream.of(type.getDeclaredMethods()))
            .filter(method -> isAnnotated(method, Testable.class))
            .map(method -> method.getDeclaringClass().getSimpleName() + "." + method.getName())
            .collect(Collectors.toUnmodifiableSet());
    assertThat(rows().stream().flatMap(row -> names(row.group(5)))).isSubsetOf(tests);
  }

  private static Stream<Class<?>> classes() {
    return findAllClassesInPackage("dev.wiremesh", type -> true, name -> true).stream();
  }
}
