package dev.wiremesh.api.view;

import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as API fields write them: {@code 25s}, {@code 24h}, {@code 1h30m}. */
public final class DurationText {
  private static final Pattern PART = Pattern.compile("([0-9]{1,9})([hms])");

  private DurationText() {}

  /**
   * Reads a duration.
   *
   * @throws IllegalArgumentException if it is none; the schema lets none of these through
   */
  public static Duration parse(String text) {
    var duration = Duration.ZERO;
    var parts = PART.matcher(text);
    int end = 0;
    while (parts.find() && parts.start() == end) {
      long count = Long.parseLong(parts.group(1));
      duration =
          duration.plus(
              switch (parts.group(2)) {
                case "h" -> Duration.ofHours(count);
                case "m" -> Duration.ofMinutes(count);
                default -> Duration.ofSeconds(count);
              });
      end = parts.end();
    }
    if (end == 0 || end != text.length()) {
      throw new IllegalArgumentException("'" + text + "' is no duration such as 25s or 1h30m");
    }
    return duration;
  }
}
