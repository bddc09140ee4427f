package dev.wiremesh.wireguard.peer;

import java.util.concurrent.atomic.AtomicLongFieldUpdater;

/** Packets and bytes of one direction of a peer. Written by one thread, read by any. */
public final class TrafficCounter {
  public static final long NEVER = Long.MIN_VALUE / 2;

  private static final AtomicLongFieldUpdater<TrafficCounter> BEGUN =
      AtomicLongFieldUpdater.newUpdater(TrafficCounter.class, "begun");
  private static final AtomicLongFieldUpdater<TrafficCounter> PACKETS =
      AtomicLongFieldUpdater.newUpdater(TrafficCounter.class, "packets");
  private static final AtomicLongFieldUpdater<TrafficCounter> BYTES =
      AtomicLongFieldUpdater.newUpdater(TrafficCounter.class, "bytes");
  private static final AtomicLongFieldUpdater<TrafficCounter> LAST_NANOS =
      AtomicLongFieldUpdater.newUpdater(TrafficCounter.class, "lastNanos");

  private volatile long begun;
  private volatile long packets;
  private volatile long bytes;
  private volatile long lastNanos = NEVER;

  /** Counts the begin of a send; before it, since a reply may arrive before {@link #add}. */
  public void begin() {
    BEGUN.lazySet(this, begun + 1);
  }

  /** Number of sends begun. */
  long begun() {
    return begun;
  }

  public void add(long morePackets, long moreBytes, long now) {
    LAST_NANOS.lazySet(this, now);
    BYTES.lazySet(this, bytes + moreBytes);
    PACKETS.lazySet(this, packets + morePackets);
  }

  long packets() {
    return packets;
  }

  public long bytes() {
    return bytes;
  }

  /** Time of the last packet; {@link #NEVER} before the first. */
  long lastNanos() {
    return lastNanos;
  }
}
