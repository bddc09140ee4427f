package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.io.PacketBatch;
import dev.wiremesh.wireguard.packet.Ecn;
import dev.wiremesh.wireguard.packet.InnerPacket;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.concurrent.Semaphore;

/**
 * A peer's packets that wait for a session. The oldest are dropped when there are too many, or when
 * the {@link StagingBudget} is used up. Safe for any thread.
 *
 * <p>Once there is a session, the control thread or the sending thread sends them: the one that
 * holds the turn. Later packets do not overtake them: the sending thread sends those only after it
 * has held the turn and found the queue empty, and stages them otherwise.
 */
public final class StagedPackets {
  public static final int CAPACITY = 128;

  /** Overhead per packet: array header and queue slot. */
  private static final int OVERHEAD_BYTES = 32;

  private final StagingBudget budget;
  private final Semaphore turn = new Semaphore(1);
  private ArrayDeque<byte[]> packets = new ArrayDeque<>(0);
  private long bytes;
  private boolean closed;

  /** Packets were added, and no holder of the turn has found the queue empty since. */
  private volatile boolean inUse;

  StagedPackets(StagingBudget budget) {
    this.budget = budget;
  }

  /**
   * Keeps a copy of a packet.
   *
   * @return number of packets dropped for it, of this peer or of others
   */
  public int add(MemorySegment slab, int offset, int length) {
    synchronized (budget) {
      if (closed) {
        return 1;
      }
      int lost = 0;
      if (packets.size() == CAPACITY) {
        removeOldest();
        lost++;
      }
      lost += budget.makeRoom(OVERHEAD_BYTES + length);
      inUse = true;
      packets.addLast(slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
      resize(bytes + OVERHEAD_BYTES + length);
      return lost;
    }
  }

  /** Drops the oldest packet; there must be one. */
  void removeOldest() {
    synchronized (budget) {
      resize(bytes - OVERHEAD_BYTES - packets.removeFirst().length);
    }
  }

  private void resize(long newBytes) {
    budget.resized(this, bytes, newBytes);
    bytes = newBytes;
  }

  public boolean isEmpty() {
    synchronized (budget) {
      return packets.isEmpty();
    }
  }

  /** False if the queue is known to be empty; sending thread. */
  public boolean inUse() {
    return inUse;
  }

  /** Acquires the turn to send the packets, until {@link #endTurn}; false if it is held. */
  public boolean tryAcquireTurn() {
    return turn.tryAcquire();
  }

  /**
   * Acquires the turn for the sending thread; waits for it if the queue has no room.
   *
   * @return false if the turn is held and the queue has room for {@code count} packets more
   */
  public boolean acquireTurnOrAdd(int count) {
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
    synchronized (budget) {
      return packets.size() + count <= CAPACITY;
    }
  }

  /**
   * Moves the oldest packets to a batch, replacing its content, as many as fit. For the holder of
   * the turn; taking none means that all packets taken before have been sent.
   *
   * @return number of packets
   */
  public int take(PacketBatch into) {
    into.clear();
    synchronized (budget) {
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
   * @return number of packets
   */
  public int drop() {
    synchronized (budget) {
      int count = packets.size();
      packets = new ArrayDeque<>(0);
      resize(0);
      return count;
    }
  }

  /**
   * Drops all packets, and those that the sending thread adds later.
   *
   * @return number of packets dropped now
   */
  public int close() {
    synchronized (budget) {
      closed = true;
      return drop();
    }
  }
}
