package dev.wiremesh.wireguard.device;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the counters of received packets tell of the way here: exactly how many are missing and how
 * many were overtaken. Counted by the receiving thread, read by any.
 */
final class Arrivals {
  private final AtomicLong lost = new AtomicLong();
  private final AtomicLong reordered = new AtomicLong();

  /** Gaps that are open now: a packet that comes late closes one. */
  private long missing;

  /**
   * Adds what a batch has shown.
   *
   * @param moreMissing new gaps less those that were closed
   */
  void add(long moreMissing, int late) {
    missing += moreMissing;
    if (missing > lost.getPlain()) {
      lost.setRelease(missing);
    }
    if (late > 0) {
      reordered.setRelease(reordered.getPlain() + late);
    }
  }

  /** Never falls, as a counter must not: what was only late is taken off the gaps that follow. */
  long lost() {
    return lost.getAcquire();
  }

  long reordered() {
    return reordered.getAcquire();
  }
}
