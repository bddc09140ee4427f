package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * Lost packets (see {@link dev.wiremesh.wireguard.session.LossDetector}) and reordered packets of a
 * peer. Written by the receiving thread, and at the end of a session under the control lock; read
 * by any thread.
 */
public final class LossCounter {
  private static final AtomicLongFieldUpdater<LossCounter> LOST =
      AtomicLongFieldUpdater.newUpdater(LossCounter.class, "lost");
  private static final AtomicLongFieldUpdater<LossCounter> REORDERED =
      AtomicLongFieldUpdater.newUpdater(LossCounter.class, "reordered");
  private static final AtomicLongFieldUpdater<LossCounter> LOST_AT_END =
      AtomicLongFieldUpdater.newUpdater(LossCounter.class, "lostAtEnd");

  private volatile long lost;
  private volatile long reordered;

  /** Written under the control lock. */
  private volatile long lostAtEnd;

  /** Adds the counts of a batch. */
  public void add(long moreLost, int late) {
    if (moreLost > 0) {
      LOST.lazySet(this, lost + moreLost);
    }
    if (late > 0) {
      REORDERED.lazySet(this, reordered + late);
    }
  }

  /** Adds the losses that a session had not counted before its end. */
  public void sessionEnded(long moreLost) {
    if (moreLost > 0) {
      LOST_AT_END.lazySet(this, lostAtEnd + moreLost);
    }
  }

  /** Never falls. */
  long lost() {
    return lost + lostAtEnd;
  }

  long reordered() {
    return reordered;
  }
}
