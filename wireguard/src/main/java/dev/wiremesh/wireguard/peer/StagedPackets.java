package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.packet.Ecn;
import dev.wiremesh.wireguard.packet.InnerPacket;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;

/**
 * A peer's packets that wait for a session; the oldest go when there are too many, or when others
 * need the room. Safe for any thread.
 *
 * <p>Once there is a session, the control thread or the sending thread sends them, whichever comes
 * first: one of them has the turn. Nothing overtakes them, since the sending thread sends what
 * comes later only when it has had the turn and nothing was left, or else adds it.
 */
public final class StagedPackets {
  public static final int CAPACITY = 128;

  /** What a packet takes beside its bytes: the array's header and the place in the queue. */
  private static final int OVERHEAD_BYTES = 32;

  private final StagingBudget room;
  private final Semaphore turn = new Semaphore(1);
  private ArrayDeque<byte[]> packets = new ArrayDeque<>(0);
  private long bytes;
  private boolean closed;

  /** Packets were added, and nobody who had the turn has found since that they are all gone. */
  private volatile boolean inUse;

  StagedPackets(StagingBudget room) {
    this.room = room;
  }

  /**
   * Keeps a copy of a packet.
   *
   * @return how many packets were lost by it, of this peer or of another one
   */
  public int add(MemorySegment slab, int offset, int length) {
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

  public boolean isEmpty() {
    synchronized (room) {
      return packets.isEmpty();
    }
  }

  /** False if all that was ever added is gone; of the thread that adds. */
  public boolean inUse() {
    return inUse;
  }

  /** True if it is the caller's turn now to send what waits, until {@link #endTurn}. */
  public boolean tryTakeTurn() {
    return turn.tryAcquire();
  }

  /**
   * The same for the thread that adds: waits for the turn if it has to.
   *
   * @return false if somebody else has it, and there is room to add so many behind what waits
   */
  public boolean takeTurnOrAdd(int count) {
    if (turn.tryAcquire()) {
      return true;
    }
    if (hasRoomFor(count)) {
      return false;
    }
    turn.acquireUninterruptibly();
    return true;
  }

  public void endTurn() {
    turn.release();
  }

  private boolean hasRoomFor(int count) {
    synchronized (room) {
      return packets.size() + count <= CAPACITY;
    }
  }

  /**
   * Moves the oldest packets to a batch, in place of what it held, as many as it can hold; of who
   * has the turn. To find none says that what was taken before is sent.
   *
   * @return how many there were
   */
  public int take(PacketBatch into) {
    into.clear();
    synchronized (room) {
      long left = bytes;
      for (var next = packets.peekFirst();
          next != null && next.length <= into.room();
          next = packets.peekFirst()) {
        copy(packets.removeFirst(), into);
        left -= OVERHEAD_BYTES + next.length;
      }
      resize(left);
      if (packets.isEmpty()) {
        packets = new ArrayDeque<>(0);
      }
      inUse = into.count() > 0;
    }
    return into.count();
  }

  private static void copy(byte[] packet, PacketBatch into) {
    int i = into.count();
    MemorySegment.copy(
        packet, 0, into.slab(), ValueLayout.JAVA_BYTE, into.nextOffset(), packet.length);
    into.add(packet.length);
    int version = InnerPacket.version(into.slab(), into.offset(i), packet.length);
    into.setTrafficClass(i, Ecn.of(into.slab(), into.offset(i), version));
  }

  /**
   * Drops all packets.
   *
   * @return how many there were
   */
  public int drop() {
    synchronized (room) {
      int count = packets.size();
      packets = new ArrayDeque<>(0);
      resize(0);
      return count;
    }
  }

  /**
   * Drops all packets, also those that a sending thread that still knows the peer adds later.
   *
   * @return how many there were
   */
  public int close() {
    synchronized (room) {
      closed = true;
      return drop();
    }
  }
}
