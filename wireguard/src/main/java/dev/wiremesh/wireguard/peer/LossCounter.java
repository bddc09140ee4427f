package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * What the counters of received packets tell of the way here: how many never came (see {@link
 * dev.wiremesh.wireguard.session.LossDetector}) and how many were overtaken. Counted by the
 * receiving thread, and at a session's end under the control lock; read by any.
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

  /** Adds what a batch has shown. */
  public void add(long moreLost, int late) {
    if (moreLost > 0) {
      LOST.lazySet(this, lost + moreLost);
    }
    if (late > 0) {
      REORDERED.lazySet(this, reordered + late);
    }
  }

  /** Adds what a session that is over had not counted yet. */
  public void sessionEnded(long moreLost) {
    if (moreLost > 0) {
      LOST_AT_END.lazySet(this, lostAtEnd + moreLost);
    }
  }

  /** Never falls, as a counter must not. */
  public long lost() {
    return lost + lostAtEnd;
  }

  public long reordered() {
    return reordered;
  }
}
