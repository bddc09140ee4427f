package dev.wiremesh.wireguard.peer;

import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/**
 * ICMP errors to local senders. The sending thread adds them, the receiving thread writes them to
 * the TUN. Bounded and limited to 100 per second, so that a network scan causes no flood of errors.
 */
public final class IcmpQueue {
  private static final int CAPACITY = 32;
  private static final long COST_NANOS = Duration.ofSeconds(1).toNanos() / 100;
  private static final long BURST_NANOS = CAPACITY * COST_NANOS;

  private final ArrayBlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(CAPACITY);

  // Owned by the sending thread.
  private long credit = BURST_NANOS;
  private long since = TrafficCounter.NEVER;

  /** True if the rate limit and the capacity allow another error. */
  public boolean mayAdd(long now) {
    credit = Math.min(BURST_NANOS, credit + (now - since));
    since = now;
    return credit >= COST_NANOS && waiting.remainingCapacity() > 0;
  }

  public void add(byte[] error) {
    if (waiting.offer(error)) {
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
