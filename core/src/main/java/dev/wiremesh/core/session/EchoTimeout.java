package dev.wiremesh.core.session;

import java.time.Duration;

/**
 * The time after which the reply to an echo request is overdue: the smoothed round-trip time and
 * four times its variation, as RFC 6298 has it for TCP, within bounds. An immutable value.
 *
 * @param smoothed round-trip time; negative if none was measured
 * @param variation of the round-trip time
 */
public record EchoTimeout(Duration smoothed, Duration variation) {
  /** Before the first reply. */
  public static final EchoTimeout UNMEASURED = new EchoTimeout(Duration.ofNanos(-1), Duration.ZERO);

  /** Shortest timeout: a busy machine may answer late. */
  public static final Duration SHORTEST = Duration.ofMillis(250);

  /** Longest timeout, and the one before the first reply. */
  public static final Duration LONGEST = PeerLiveness.INTERVAL;

  /** The timeout after one more reply. */
  public EchoTimeout measured(Duration roundTrip) {
    if (roundTrip.isNegative()) {
      return this;
    }
    if (smoothed.isNegative()) {
      return new EchoTimeout(roundTrip, roundTrip.dividedBy(2));
    }
    var deviation = smoothed.minus(roundTrip).abs();
    return new EchoTimeout(
        smoothed.multipliedBy(7).plus(roundTrip).dividedBy(8),
        variation.multipliedBy(3).plus(deviation).dividedBy(4));
  }

  public Duration duration() {
    if (smoothed.isNegative()) {
      return LONGEST;
    }
    var timeout = smoothed.plus(variation.multipliedBy(4));
    return timeout.compareTo(SHORTEST) < 0
        ? SHORTEST
        : timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
  }
}
