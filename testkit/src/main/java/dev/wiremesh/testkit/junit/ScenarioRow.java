package dev.wiremesh.testkit.junit;

import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;

/**
 * A line of the table of scenarios.
 *
 * @param name class and method
 * @param variants of a scenario that runs with several ends, else empty
 * @param tier the tag by which it is asked for, or {@code default}
 * @param result {@code passed} or {@code FAILED}
 */
public record ScenarioRow(
    String name, String sentence, SortedSet<String> variants, String tier, String result)
    implements Comparable<ScenarioRow> {
  static final String PASSED = "passed";
  static final String FAILED = "FAILED";

  private static final String DEFAULT_TIER = "default";
  private static final String CELLS = " | ";
  private static final Pattern LINE =
      Pattern.compile("\\| `([^`]+)` \\| (.*) \\| (.*) \\| (.*) \\| (.*) \\|");

  /** What the code says of a scenario, before it has run. */
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
    return new ScenarioRow(
        type.getSimpleName() + "." + test.getName(),
        scenario.value(),
        new TreeSet<>(),
        tier,
        PASSED);
  }

  /** Reads a line of the table; null for other lines. */
  static @Nullable ScenarioRow parse(String line) {
    var cells = LINE.matcher(line);
    if (!cells.matches()) {
      return null;
    }
    var variants = new TreeSet<String>();
    Stream.of(cells.group(3).split("<br>")).filter(s -> !s.isBlank()).forEach(variants::add);
    return new ScenarioRow(
        cells.group(1), cells.group(2), variants, cells.group(4), cells.group(5));
  }

  /** The same after one more of its variants has run. */
  ScenarioRow with(String variant, boolean passed) {
    var all = new TreeSet<>(variants);
    if (!variant.isEmpty()) {
      all.add(variant);
    }
    return new ScenarioRow(name, sentence, all, tier, passed ? result : FAILED);
  }

  /** Whether two rows describe the same test in the same words, whatever came of it. */
  public boolean describesTheSameAs(ScenarioRow other) {
    return name.equals(other.name) && sentence.equals(other.sentence) && tier.equals(other.tier);
  }

  String line() {
    return "| `"
        + String.join(CELLS, name + "`", sentence, String.join("<br>", variants), tier, result)
        + " |";
  }

  @Override
  public int compareTo(ScenarioRow other) {
    return Comparator.comparing(ScenarioRow::name).compare(this, other);
  }
}
