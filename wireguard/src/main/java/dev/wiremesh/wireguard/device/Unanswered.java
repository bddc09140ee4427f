package dev.wiremesh.wireguard.device;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Since when something has been waiting for an answer: the first packet since the other direction
 * last moved. One thread notes packets; the control lock's holder asks and settles.
 *
 * <p>This is how timers cost the packet threads next to nothing: they leave the moment here, and
 * whoever owns the timers looks when it may be due.
 */
final class Unanswered {
  private final AtomicLong since = new AtomicLong();
  private final AtomicLong answersThen = new AtomicLong(-1);
  private final AtomicLong settled = new AtomicLong();

  /**
   * Notes a packet.
   *
   * @param answers how many packets have gone the other way so far
   */
  void note(long now, long answers) {
    long epoch = answers + settled.getAcquire();
    if (answersThen.getPlain() != epoch) {
      since.setRelease(now);
      answersThen.setRelease(epoch);
    }
  }

  /** True if a packet was noted and nothing has gone the other way since, nor was it settled. */
  boolean pending(long answers) {
    return answersThen.getAcquire() == answers + settled.getPlain();
  }

  /** When the packet was noted that is {@link #pending}. */
  long since() {
    return since.getAcquire();
  }

  /** What is pending counts as answered; the next packet waits anew. */
  void settle() {
    settled.setRelease(settled.getPlain() + 1);
  }
}
