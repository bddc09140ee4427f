package dev.wiremesh.wireguard.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A peer's packets that wait for a session; the oldest go when there are too many, or when all
 * peers' packets together leave no room for another one. Safe for any thread.
 */
final class StagedPackets {
  static final int CAPACITY = 128;

  /** What a packet takes beside its bytes: the array's header and the place in the queue. */
  private static final int OVERHEAD_BYTES = 32;

  private final StagingRoom room;
  private ArrayDeque<byte[]> packets = new ArrayDeque<>(0);
  private boolean closed;

  StagedPackets(StagingRoom room) {
    this.room = room;
  }

  /**
   * Keeps a copy of a packet, if there is room.
   *
   * @return how many packets were lost by it: older ones, or itself
   */
  synchronized int add(MemorySegment slab, int offset, int length) {
    if (closed) {
      return 1;
    }
    int lost = 0;
    if (packets.size() == CAPACITY) {
      lost += removeOldest();
    }
    while (!room.take(OVERHEAD_BYTES + length)) {
      if (packets.isEmpty()) {
        return lost + 1;
      }
      lost += removeOldest();
    }
    packets.addLast(slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
    return lost;
  }

  private int removeOldest() {
    room.giveBack(OVERHEAD_BYTES + packets.removeFirst().length);
    return 1;
  }

  synchronized boolean isEmpty() {
    return packets.isEmpty();
  }

  /** Takes all packets, the oldest first. */
  synchronized List<byte[]> drain() {
    var all = new ArrayList<>(packets);
    for (byte[] packet : all) {
      room.giveBack(OVERHEAD_BYTES + packet.length);
    }
    packets = new ArrayDeque<>(0);
    return all;
  }

  /** Drops all packets, also those that a sending thread that still knows the peer adds later. */
  synchronized void close() {
    closed = true;
    drain();
  }
}
