package dev.wiremesh.wireguard.session;

import java.time.Duration;

/**
 * Counts the packets of a session that were lost: counters that were never received. Late packets
 * may fill a gap, so it is counted when it is a second old: packets still missing below a mark are
 * lost when the mark is that old, and the mark moves to the present counter. Losses after the last
 * received packet cannot be detected.
 *
 * <p>Owned by the receiving thread; {@link #rest} is called after that thread has released the
 * session.
 */
public final class LossDetector {
  /** A packet later than this is first counted as lost; the next losses are reduced by one. */
  public static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final long PATIENCE_NANOS = PATIENCE.toNanos();

  private long received;

  private long mark;
  private long markNanos;

  private long receivedBelowMark;

  private long counted;

  LossDetector(long now) {
    markNanos = now;
  }

  /** Records a packet with a lower counter than an earlier one. */
  public void receivedLate(long counter) {
    if (Long.compareUnsigned(counter, mark) < 0) {
      receivedBelowMark++;
    }
  }

  /**
   * Records received packets.
   *
   * @param packets number of packets, late ones included
   * @param next one more than the highest counter so far
   * @return packets found lost since the last call
   */
  public long received(int packets, long next, long now) {
    received += packets;
    if (now - markNanos < PATIENCE_NANOS) {
      return 0;
    }
    long lost = count(mark - receivedBelowMark);
    mark = next;
    markNanos = now;
    receivedBelowMark = received;
    return lost;
  }

  /** True if there is no gap below the highest counter received. */
  boolean none(long next) {
    return received == next;
  }

  /** Packets missing at the end of the session that were not counted yet. */
  public long rest(long next) {
    return count(next - received);
  }

  private long count(long missing) {
    long more = Math.max(0, missing - counted);
    counted += more;
    return more;
  }
}
