package dev.wiremesh.wireguard.device;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/**
 * What the counters of received packets tell of the way here: exactly how many are missing and how
 * many were overtaken. Counted by the receiving thread, read by any.
 */
final class Arrivals {
  private static final AtomicLongFieldUpdater<Arrivals> LOST =
      AtomicLongFieldUpdater.newUpdater(Arrivals.class, "lost");
  private static final AtomicLongFieldUpdater<Arrivals> REORDERED =
      AtomicLongFieldUpdater.newUpdater(Arrivals.class, "reordered");

  private volatile long lost;
  private volatile long reordered;

  /** Gaps that are open now: a packet that comes late closes one. */
  private long missing;

  /**
   * Adds what a batch has shown.
   *
   * @param moreMissing new gaps less those that were closed
   */
  void add(long moreMissing, int late) {
    missing += moreMissing;
    if (missing > lost) {
      LOST.lazySet(this, missing);
    }
    if (late > 0) {
      REORDERED.lazySet(this, reordered + late);
    }
  }

  /** Never falls, as a counter must not: what was only late is taken off the gaps that follow. */
  long lost() {
    return lost;
  }

  long reordered() {
    return reordered;
  }
}
