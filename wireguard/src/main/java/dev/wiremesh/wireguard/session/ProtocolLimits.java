package dev.wiremesh.wireguard.session;

import java.time.Duration;

/**
 * The protocol's constants (whitepaper section 6.1 and 6.2), given in so that tests can shorten
 * them. Times are nanoseconds, numbers of messages unsigned.
 *
 * @param jitter up to so much is added to the times of handshakes, so that two ends do not keep
 *     colliding
 * @param maxInitiations after so many without an answer a handshake is given up. The kernel's is
 *     20: one more than are begun in REKEY_ATTEMPT_TIME, and the first
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

  /** What every implementation uses. */
  public static final ProtocolLimits STANDARD =
      new ProtocolLimits(
          1L << 60,
          -1L - (1L << 13),
          Duration.ofSeconds(120).toNanos(),
          Duration.ofSeconds(180).toNanos(),
          Duration.ofSeconds(5).toNanos(),
          20,
          Duration.ofSeconds(10).toNanos(),
          Duration.ofMillis(334).toNanos(),
          Duration.ofMillis(20).toNanos());

  /** When data was sent and nothing came back, a new handshake is tried after this. */
  public long newHandshakeNanos() {
    return keepaliveTimeoutNanos + rekeyTimeoutNanos;
  }

  /** An initiator that only receives renews a key of this age, before it would be refused. */
  public long rekeyWhenReceivingNanos() {
    return rejectAfterNanos - keepaliveTimeoutNanos - rekeyTimeoutNanos;
  }

  /** All keys are wiped so long after the last one was agreed. */
  public long zeroKeysNanos() {
    return 3 * rejectAfterNanos;
  }
}
