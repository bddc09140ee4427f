package dev.wiremesh.testkit.junit;

import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;

/**
 * A line of the table of scenarios.
 *
 * @param name class and method
 * @param tier the tag that selects it, or {@code default}
 */
public record ScenarioRow(String name, String sentence, String tier)
    implements Comparable<ScenarioRow> {
  private static final String DEFAULT_TIER = "default";

  /** The row of a test that is annotated with {@link Scenario}. */
  public static ScenarioRow of(Method test) {
    var scenario = test.getAnnotation(Scenario.class);
    if (scenario == null) {
      throw new IllegalArgumentException(test + " is no @Scenario");
    }
    var type = test.getDeclaringClass();
    var tier =
        Stream.of(test.getAnnotationsByType(Tag.class), type.getAnnotationsByType(Tag.class))
            .flatMap(Stream::of)
            .map(Tag::value)
            .findFirst()
            .orElse(DEFAULT_TIER);
    return new ScenarioRow(type.getSimpleName() + "." + test.getName(), scenario.value(), tier);
  }

  String line() {
    return "| `" + String.join(" | ", name + "`", sentence, tier) + " |";
  }

  @Override
  public int compareTo(ScenarioRow other) {
    return Comparator.comparing(ScenarioRow::name).compare(this, other);
  }
}
