package dev.wiremesh.wireguard.peer;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * Notices to the system on their way from the sending thread, which alone adds, to the receiving
 * one, which alone writes to the TUN. Bounded, and at most a hundred a second: whoever scans a
 * network gets no more.
 */
public final class IcmpQueue {
  private static final int CAPACITY = 32;
  private static final long COST_NANOS = Duration.ofSeconds(1).toNanos() / 100;
  private static final long BURST_NANOS = CAPACITY * COST_NANOS;

  private final ArrayBlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(CAPACITY);

  // Of the sending thread.
  private long credit = BURST_NANOS;
  private long since = TrafficCounter.NEVER;

  /** Whether there may be another one now. */
  public boolean mayAdd(long now) {
    credit = Math.min(BURST_NANOS, credit + (now - since));
    since = now;
    return credit >= COST_NANOS && waiting.remainingCapacity() > 0;
  }

  public void add(byte[] notice) {
    if (waiting.offer(notice)) {
      credit -= COST_NANOS;
    }
  }

  public boolean isEmpty() {
    return waiting.isEmpty();
  }

  public byte @Nullable [] poll() {
    return waiting.poll();
  }
}
