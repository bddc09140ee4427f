package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Time of the first packet in one direction since the last packet in the other one. One packet
 * thread writes; the holder of the control lock reads and settles.
 *
 * <p>This keeps timers cheap for the packet threads: they store a time here, and the control thread
 * derives the deadline.
 */
public final class ReplyDeadline {
  private static final AtomicLongFieldUpdater<ReplyDeadline> SINCE =
      AtomicLongFieldUpdater.newUpdater(ReplyDeadline.class, "since");
  private static final AtomicLongFieldUpdater<ReplyDeadline> ANSWERS_THEN =
      AtomicLongFieldUpdater.newUpdater(ReplyDeadline.class, "answersThen");
  private static final AtomicLongFieldUpdater<ReplyDeadline> SETTLED =
      AtomicLongFieldUpdater.newUpdater(ReplyDeadline.class, "settled");

  private volatile long since;
  private volatile long answersThen = -1;
  private volatile long settled;

  /**
   * Records a packet.
   *
   * @param answers packets in the other direction so far
   */
  public void note(long now, long answers) {
    long epoch = answers + settled;
    if (answersThen != epoch) {
      SINCE.lazySet(this, now);
      ANSWERS_THEN.lazySet(this, epoch);
    }
  }

  /** True if a recorded packet was neither answered nor settled. */
  public boolean pending(long answers) {
    return answersThen == answers + settled;
  }

  /** Time of the packet that is {@link #pending}. */
  public long since() {
    return since;
  }

  /** Counts the pending packet as answered. */
  public void settle() {
    SETTLED.lazySet(this, settled + 1);
  }
}
