package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.BatchSizes;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.stream.IntStream;

/** Histogram of batch sizes. Written by one packet thread, read by any. */
public final class BatchHistogram {
  private static final AtomicLongFieldUpdater<BatchHistogram> PACKETS =
      AtomicLongFieldUpdater.newUpdater(BatchHistogram.class, "packets");

  private final AtomicLongArray counts = new AtomicLongArray(BatchSizes.UPPER_BOUNDS.size() + 1);
  private volatile long packets;

  /** Counts a batch; it must not be empty. */
  public void add(int batchPackets) {
    int step = Math.min(log2RoundedUp(batchPackets), counts.length() - 1);
    counts.lazySet(step, counts.get(step) + 1);
    PACKETS.lazySet(this, packets + batchPackets);
  }

  private static int log2RoundedUp(int n) {
    return Integer.SIZE - Integer.numberOfLeadingZeros(n - 1);
  }

  BatchSizes read() {
    return new BatchSizes(
        IntStream.range(0, counts.length()).mapToObj(counts::get).toList(), packets);
  }
}
