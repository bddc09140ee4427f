package dev.wiremesh.wireguard.session;

import java.time.Duration;

/**
 * Which of a session's counters never came. A gap may be filled by what is late, so it is counted
 * when it is a second old: there is a mark, and what is still missing below it at its age is lost;
 * then the mark is put where the counters are now. What is missing behind the last packet that
 * came, nobody here can know.
 *
 * <p>Owned by the receiving thread; {@link #rest} is for whoever knows that it has let go.
 */
public final class LossDetector {
  /** What is later is counted as lost first, and taken off the losses that follow. */
  public static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final long PATIENCE_NANOS = PATIENCE.toNanos();

  /** Packets that came. */
  private long came;

  private long mark;
  private long markNanos;

  /** How many of the counters below the mark came. */
  private long cameBelowMark;

  private long counted;

  LossDetector(long now) {
    markNanos = now;
  }

  /** A packet came, with a lower counter than an earlier one. */
  public void late(long counter) {
    if (Long.compareUnsigned(counter, mark) < 0) {
      cameBelowMark++;
    }
  }

  /**
   * Some packets came.
   *
   * @param packets the late ones among them
   * @param next one more than the highest counter so far
   * @return how many are known to be lost since the last time
   */
  public long came(int packets, long next, long now) {
    came += packets;
    if (now - markNanos < PATIENCE_NANOS) {
      return 0;
    }
    long lost = count(mark - cameBelowMark);
    mark = next;
    markNanos = now;
    cameBelowMark = came;
    return lost;
  }

  /** True if all that was sent before the last packet that came, came too. */
  boolean none(long next) {
    return came == next;
  }

  /** What is missing when nothing can come any more, less what was counted. */
  public long rest(long next) {
    return count(next - came);
  }

  private long count(long missing) {
    long more = Math.max(0, missing - counted);
    counted += more;
    return more;
  }
}
