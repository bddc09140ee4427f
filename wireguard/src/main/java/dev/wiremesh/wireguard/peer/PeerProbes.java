package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.device.Probe;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Probes of one path, at most one in flight. Configuration and sending are guarded by the control
 * lock; the receiving thread records the reply.
 */
public final class PeerProbes {
  private static final long NONE = Long.MIN_VALUE;

  /** Send time of the probe in flight; the receiving thread sets it to NONE. */
  private final AtomicLong inFlight = new AtomicLong(NONE);

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
   * @param lastData time of the last packet that is neither probe nor keepalive
   */
  public long dueNanos(long lastData) {
    var wanted = probe;
    return wanted == null || lastData <= lastNanos
        ? MonotonicClock.NO_DEADLINE
        : lastNanos == TrafficCounter.NEVER ? lastData : lastNanos + wanted.interval().toNanos();
  }

  /** When to check for a due probe while the peer is watched, so that packets wake nothing. */
  public long nextCheckNanos() {
    var wanted = probe;
    return wanted == null || lastNanos == TrafficCounter.NEVER
        ? MonotonicClock.NO_DEADLINE
        : lastNanos + wanted.interval().toNanos();
  }

  public void sent(long now) {
    lastNanos = now;
    inFlight.set(now);
  }

  /**
   * Records a reply; receiving thread.
   *
   * @return false if no such probe is in flight
   */
  public boolean answered(long sentNanos, long now) {
    if (sentNanos == NONE || !inFlight.compareAndSet(sentNanos, NONE)) {
      return false;
    }
    rtt.set(now - sentNanos);
    return true;
  }

  /** Takes the measured RTT in nanoseconds; negative if there is none. */
  public long takeRtt() {
    return rtt.getAndSet(NONE);
  }
}
