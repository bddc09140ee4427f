package dev.wiremesh.wireguard.device;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much memory the packets that wait for a session may take, those of all peers together. Safe
 * for any thread.
 */
final class StagingRoom {
  /**
   * Each peer may have 128 packets waiting, and somebody who scans the mesh can make them wait for
   * thousands of peers that do not answer. This is a small part of the heap that the daemon and the
   * agent have, and enough for 10,000 full packets.
   */
  static final long CAPACITY_BYTES = 16L << 20;

  private final AtomicLong taken = new AtomicLong();

  /** False if there is not so much left; nothing is taken then. */
  boolean take(long bytes) {
    long before;
    do {
      before = taken.get();
      if (before + bytes > CAPACITY_BYTES) {
        return false;
      }
    } while (!taken.compareAndSet(before, before + bytes));
    return true;
  }

  void giveBack(long bytes) {
    taken.getAndAdd(-bytes);
  }

  long takenBytes() {
    return taken.get();
  }
}
