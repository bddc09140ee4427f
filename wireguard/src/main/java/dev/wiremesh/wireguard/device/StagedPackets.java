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

  /** Packets were added, and nobody has found since that they are all gone. */
  private volatile boolean inUse;

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
      inUse = true;
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

  /**
   * True if packets that come now are to be added, though they could be sent: those that waited are
   * still being sent. Of the thread that adds, which sends by itself when there is no room, or when
   * who drains has found nothing more.
   */
  boolean goBefore(int count) {
    return inUse && hasRoomFor(count);
  }

  private boolean hasRoomFor(int count) {
    synchronized (room) {
      return inUse && packets.size() + count <= CAPACITY;
    }
  }

  /** Takes all packets, the oldest first. To find none says that what was taken before is sent. */
  List<byte[]> drain() {
    synchronized (room) {
      if (packets.isEmpty()) {
        inUse = false;
      }
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
