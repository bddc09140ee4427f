package dev.wiremesh.agent.report;

import java.time.Duration;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a peer counts as connected: as long as its last handshake is younger than three
 * keepalives, at least 150 s, which is a re-key and a half; no longer 30 s after that. In between
 * it stays as it was, so that nothing flaps at the edge.
 */
public enum Connectivity {
  CONNECTED,
  /** It should have shaken hands again, and did not. */
  STALE,
  /** It never shook hands. */
  NEVER,
  /** It sends no keepalives and has been silent: nobody can tell. */
  UNKNOWN;

  private static final Duration LEAST_FRESH = Duration.ofSeconds(150);
  private static final Duration GRACE = Duration.ofSeconds(30);

  /** Label of the metric. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @param before null if it was not looked at yet
   * @param lastHandshake null if there was none
   * @param keepalive zero if it sends none
   */
  public static Connectivity of(
      @Nullable Connectivity before,
      @Nullable Instant lastHandshake,
      Duration keepalive,
      Instant now) {
    if (lastHandshake == null) {
      return NEVER;
    }
    var age = Duration.between(lastHandshake, now);
    var fresh = fresh(keepalive);
    if (age.compareTo(fresh) < 0 || before == CONNECTED && age.compareTo(fresh.plus(GRACE)) < 0) {
      return CONNECTED;
    }
    return keepalive.isZero() ? UNKNOWN : STALE;
  }

  private static Duration fresh(Duration keepalive) {
    var three = keepalive.multipliedBy(3);
    return three.compareTo(LEAST_FRESH) > 0 ? three : LEAST_FRESH;
  }
}
