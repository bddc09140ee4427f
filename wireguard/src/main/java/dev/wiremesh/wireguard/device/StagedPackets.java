package dev.wiremesh.wireguard.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * A peer's packets that wait for a session; the oldest go when there are too many, or when others
 * need the room. Safe for any thread.
 */
final class StagedPackets {
  static final int CAPACITY = 128;

  /** What a packet takes beside its bytes: the array's header and the place in the queue. */
  private static final int OVERHEAD_BYTES = 32;

  private final StagingRoom room;
  private ArrayDeque<byte[]> packets = new ArrayDeque<>(0);
  private long bytes;
  private boolean closed;

  StagedPackets(StagingRoom room) {
    this.room = room;
  }

  /**
   * Keeps a copy of a packet.
   *
   * @return how many packets were lost by it, of this peer or of another one
   */
  int add(MemorySegment slab, int offset, int length) {
    synchronized (room) {
      if (closed) {
        return 1;
      }
      int lost = 0;
      if (packets.size() == CAPACITY) {
        removeOldest();
        lost++;
      }
      lost += room.make(OVERHEAD_BYTES + length);
      packets.addLast(slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
      resize(bytes + OVERHEAD_BYTES + length);
      return lost;
    }
  }

  /** Gives up the packet that has waited longest; there must be one. */
  void removeOldest() {
    synchronized (room) {
      resize(bytes - OVERHEAD_BYTES - packets.removeFirst().length);
    }
  }

  private void resize(long newBytes) {
    room.resized(this, bytes, newBytes);
    bytes = newBytes;
  }

  boolean isEmpty() {
    synchronized (room) {
      return packets.isEmpty();
    }
  }

  /** Takes all packets, the oldest first. */
  List<byte[]> drain() {
    synchronized (room) {
      var all = new ArrayList<>(packets);
      packets = new ArrayDeque<>(0);
      resize(0);
      return all;
    }
  }

  /**
   * Drops all packets, also those that a sending thread that still knows the peer adds later.
   *
   * @return how many there were
   */
  int close() {
    synchronized (room) {
      closed = true;
      return drain().size();
    }
  }
}
