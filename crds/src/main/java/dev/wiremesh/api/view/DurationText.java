package dev.wiremesh.api.view;

import java.math.BigInteger;
import java.time.Duration;
import java.util.regex.Pattern;

/** Durations as API fields write them: {@code 25s}, {@code 24h}, {@code 1h30m}. */
public final class DurationText {
  /** The largest duration. Longer ones are cut to it, so that sums of times never overflow. */
  public static final Duration LONGEST = Duration.ofDays(100 * 365L);

  private static final BigInteger MOST_SECONDS = BigInteger.valueOf(LONGEST.toSeconds());
  private static final Pattern PART = Pattern.compile("([0-9]+)([hms])");

  private DurationText() {}

  /**
   * Reads a duration with any number of digits.
   *
   * @throws IllegalArgumentException if it is none; an older schema may have let it through
   */
  public static Duration parse(String text) {
    var seconds = BigInteger.ZERO;
    var parts = PART.matcher(text);
    int end = 0;
    while (parts.find() && parts.start() == end) {
      int unit =
          switch (parts.group(2)) {
            case "h" -> 3600;
            case "m" -> 60;
            default -> 1;
          };
      seconds =
          seconds
              .add(new BigInteger(parts.group(1)).multiply(BigInteger.valueOf(unit)))
              .min(MOST_SECONDS);
      end = parts.end();
    }
    if (end == 0 || end != text.length()) {
      throw new IllegalArgumentException("'" + text + "' is no duration such as 25s or 1h30m");
    }
    return Duration.ofSeconds(seconds.longValueExact());
  }

  /** Reads a duration; an unreadable text yields the default. */
  public static Duration parseOr(String text, Duration fallback) {
    try {
      return parse(text);
    } catch (IllegalArgumentException e) {
      return fallback;
    }
  }
}
