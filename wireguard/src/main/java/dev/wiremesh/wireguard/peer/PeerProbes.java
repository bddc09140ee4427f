package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.device.Probe;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * One peer's probes: at most one is under way. The settings and the sending are the control lock's;
 * the receiving thread notes the answer.
 */
public final class PeerProbes {
  private static final long NONE = Long.MIN_VALUE;

  /** When the probe was sent that is under way; also written by the receiving thread, to NONE. */
  private final AtomicLong underWay = new AtomicLong(NONE);

  private final AtomicLong rtt = new AtomicLong(NONE);
  private @Nullable Probe probe;
  private long lastNanos = TrafficCounter.NEVER;

  void set(@Nullable Probe newProbe) {
    probe = newProbe;
  }

  public @Nullable Probe probe() {
    return probe;
  }

  /**
   * When the next probe is to be sent.
   *
   * @param lastData when there was last traffic that is no probe
   */
  public long dueNanos(long lastData) {
    var wanted = probe;
    return wanted == null || lastData <= lastNanos
        ? MonotonicClock.NO_DEADLINE
        : lastNanos == TrafficCounter.NEVER ? lastData : lastNanos + wanted.interval().toNanos();
  }

  /** When to look whether one is due, while there is traffic of which nobody tells us more. */
  public long nextCheckNanos() {
    var wanted = probe;
    return wanted == null || lastNanos == TrafficCounter.NEVER
        ? MonotonicClock.NO_DEADLINE
        : lastNanos + wanted.interval().toNanos();
  }

  public void sent(long now) {
    lastNanos = now;
    underWay.set(now);
  }

  /**
   * Notes an answer; of the receiving thread.
   *
   * @return false if nothing was asked that it could answer
   */
  public boolean answered(long sentNanos, long now) {
    if (sentNanos == NONE || !underWay.compareAndSet(sentNanos, NONE)) {
      return false;
    }
    rtt.set(now - sentNanos);
    return true;
  }

  /** Takes a round trip that was measured; negative if there is none. */
  public long takeRtt() {
    return rtt.getAndSet(NONE);
  }
}
