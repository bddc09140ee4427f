package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Since when something has been waiting for an answer: the first packet since the other direction
 * last moved. One thread notes packets; the control lock's holder asks and settles.
 *
 * <p>This is how timers cost the packet threads next to nothing: they leave the moment here, and
 * whoever owns the timers looks when it may be due.
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
   * Notes a packet.
   *
   * @param answers how many packets have gone the other way so far
   */
  public void note(long now, long answers) {
    long epoch = answers + settled;
    if (answersThen != epoch) {
      SINCE.lazySet(this, now);
      ANSWERS_THEN.lazySet(this, epoch);
    }
  }

  /** True if a packet was noted and nothing has gone the other way since, nor was it settled. */
  public boolean pending(long answers) {
    return answersThen == answers + settled;
  }

  /** When the packet was noted that is {@link #pending}. */
  public long since() {
    return since;
  }

  /** What is pending counts as answered; the next packet waits anew. */
  public void settle() {
    SETTLED.lazySet(this, settled + 1);
  }
}
