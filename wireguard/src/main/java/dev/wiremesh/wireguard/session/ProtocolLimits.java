package dev.wiremesh.wireguard.session;

import java.time.Duration;

/**
 * Time and message limits of the protocol (whitepaper sections 6.1 and 6.2). Passed in rather than
 * used as constants so that tests can shorten them. Times are nanoseconds, message counts unsigned.
 *
 * @param maxInitiations initiations without a response before the handshake is given up
 * @param jitterNanos upper bound of the random delay added to handshake times, so that two ends do
 *     not keep colliding
 * @param minInitiationSpacingNanos minimum time between two accepted initiations of one peer
 */
public record ProtocolLimits(
    long rekeyAfterMessages,
    long rejectAfterMessages,
    long rekeyAfterNanos,
    long rejectAfterNanos,
    long rekeyTimeoutNanos,
    int maxInitiations,
    long keepaliveTimeoutNanos,
    long jitterNanos,
    long minInitiationSpacingNanos) {

  private static final long REKEY_AFTER_MESSAGES = 1L << 60;
  private static final long REJECT_AFTER_MESSAGES = -1L - (1L << 13); // 2^64 - 2^13 - 1
  private static final Duration REKEY_AFTER_TIME = Duration.ofSeconds(120);
  private static final Duration REJECT_AFTER_TIME = Duration.ofSeconds(180);
  private static final Duration REKEY_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration KEEPALIVE_TIMEOUT = Duration.ofSeconds(10);

  /** As the kernel: REKEY_ATTEMPT_TIME / REKEY_TIMEOUT is 18, plus the first one, plus one more. */
  private static final int MAX_INITIATIONS = 20;

  /** The kernel's REKEY_TIMEOUT_JITTER_MAX_JIFFIES, a third of a second. */
  private static final Duration REKEY_TIMEOUT_JITTER = Duration.ofMillis(334);

  /** The kernel's INITIATIONS_PER_SECOND, 50. */
  private static final Duration MIN_INITIATION_SPACING = Duration.ofMillis(20);

  /** The values that every implementation uses. */
  public static final ProtocolLimits STANDARD = new Builder().build();

  /** KEEPALIVE_TIMEOUT + REKEY_TIMEOUT: sent data without an answer leads to a handshake. */
  public long newHandshakeNanos() {
    return keepaliveTimeoutNanos + rekeyTimeoutNanos;
  }

  /** Age from which an initiator that only receives renews a session, before it is rejected. */
  long rekeyWhenReceivingNanos() {
    return rejectAfterNanos - keepaliveTimeoutNanos - rekeyTimeoutNanos;
  }

  /** Time after the last handshake when all keys are wiped. */
  public long zeroKeysNanos() {
    return 3 * rejectAfterNanos;
  }

  /** A builder that starts with the standard values. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects limits. */
  public static final class Builder {
    private long rekeyAfterMessages = REKEY_AFTER_MESSAGES;
    private long rejectAfterMessages = REJECT_AFTER_MESSAGES;
    private Duration rekeyAfterTime = REKEY_AFTER_TIME;
    private Duration rejectAfterTime = REJECT_AFTER_TIME;
    private Duration rekeyTimeout = REKEY_TIMEOUT;
    private int maxInitiations = MAX_INITIATIONS;
    private Duration keepaliveTimeout = KEEPALIVE_TIMEOUT;
    private Duration jitter = REKEY_TIMEOUT_JITTER;
    private Duration minInitiationSpacing = MIN_INITIATION_SPACING;

    private Builder() {}

    public Builder rekeyAfterMessages(long messages) {
      rekeyAfterMessages = messages;
      return this;
    }

    public Builder rejectAfterMessages(long messages) {
      rejectAfterMessages = messages;
      return this;
    }

    public Builder rekeyTimeout(Duration timeout) {
      rekeyTimeout = timeout;
      return this;
    }

    public Builder maxInitiations(int initiations) {
      maxInitiations = initiations;
      return this;
    }

    public Builder jitter(Duration upperBound) {
      jitter = upperBound;
      return this;
    }

    /** Divides all times; message counts and the number of initiations stay. */
    public Builder timesDividedBy(int divisor) {
      rekeyAfterTime = rekeyAfterTime.dividedBy(divisor);
      rejectAfterTime = rejectAfterTime.dividedBy(divisor);
      rekeyTimeout = rekeyTimeout.dividedBy(divisor);
      keepaliveTimeout = keepaliveTimeout.dividedBy(divisor);
      jitter = jitter.dividedBy(divisor);
      minInitiationSpacing = minInitiationSpacing.dividedBy(divisor);
      return this;
    }

    public ProtocolLimits build() {
      return new ProtocolLimits(
          rekeyAfterMessages,
          rejectAfterMessages,
          rekeyAfterTime.toNanos(),
          rejectAfterTime.toNanos(),
          rekeyTimeout.toNanos(),
          maxInitiations,
          keepaliveTimeout.toNanos(),
          jitter.toNanos(),
          minInitiationSpacing.toNanos());
    }
  }
}
