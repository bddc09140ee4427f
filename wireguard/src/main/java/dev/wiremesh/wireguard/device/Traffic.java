package dev.wiremesh.wireguard.device;

import java.util.concurrent.atomic.AtomicLong;

/** What went one way between us and a peer, counted by one thread, read by any. */
final class Traffic {
  static final long NEVER = Long.MIN_VALUE / 2;

  private final AtomicLong packets = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong lastNanos = new AtomicLong(NEVER);

  void add(long morePackets, long moreBytes, long now) {
    lastNanos.setRelease(now);
    bytes.setRelease(bytes.getPlain() + moreBytes);
    packets.setRelease(packets.getPlain() + morePackets);
  }

  long packets() {
    return packets.getAcquire();
  }

  long bytes() {
    return bytes.getAcquire();
  }

  /** When the last packet went; {@link #NEVER} before the first. */
  long lastNanos() {
    return lastNanos.getAcquire();
  }
}
