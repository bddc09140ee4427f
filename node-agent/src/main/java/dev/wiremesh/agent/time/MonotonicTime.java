package dev.wiremesh.agent.time;

import java.time.Duration;

/**
 * A point of the monotonic clock. Intervals are differences of two of them, so a wall clock that is
 * set back or forward changes none. A type of its own, so that a wall time is never compared with
 * it.
 *
 * @param nanos since an arbitrary point
 */
public record MonotonicTime(long nanos) {
  /** Before every interval that an agent measures. */
  public static final MonotonicTime LONG_AGO = new MonotonicTime(Long.MIN_VALUE / 2);

  /** After every interval that an agent measures. */
  public static final MonotonicTime NEVER = new MonotonicTime(Long.MAX_VALUE / 2);

  public MonotonicTime plus(Duration duration) {
    return new MonotonicTime(nanos + duration.toNanos());
  }

  public MonotonicTime minus(Duration duration) {
    return new MonotonicTime(nanos - duration.toNanos());
  }

  public boolean isBefore(MonotonicTime other) {
    return nanos < other.nanos;
  }

  public Duration since(MonotonicTime earlier) {
    return Duration.ofNanos(nanos - earlier.nanos);
  }
}
