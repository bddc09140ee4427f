package dev.wiremesh.wireguard.peer;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Memory budget of the staged packets of all peers. When it is used up, the longest queue drops its
 * oldest packet, so that unresponsive peers do not keep others from connecting. Its monitor guards
 * the queues too.
 */
public final class StagingBudget {
  /**
   * A scan of the mesh can stage 128 packets for each of thousands of unresponsive peers. The
   * budget is a small part of the heap of daemon and agent, and enough for 10,000 full packets.
   */
  public static final long CAPACITY_BYTES = 16L << 20;

  /**
   * The non-empty queues by the number of bits of their size. Each queue of the last non-empty set
   * is more than half as long as the longest, which is exact enough.
   */
  private final List<LinkedHashSet<StagedPackets>> bySize =
      IntStream.rangeClosed(0, bits(CAPACITY_BYTES))
          .mapToObj(_ -> new LinkedHashSet<StagedPackets>(0))
          .toList();

  private long taken;

  /**
   * Makes room for one packet.
   *
   * @return number of packets dropped for it
   */
  synchronized int makeRoom(long bytes) {
    int lost = 0;
    while (taken + bytes > CAPACITY_BYTES) {
      longest().removeOldest();
      lost++;
    }
    return lost;
  }

  private StagedPackets longest() {
    int bits = bySize.size() - 1;
    while (bySize.get(bits).isEmpty()) {
      bits--;
    }
    return bySize.get(bits).getFirst();
  }

  /** Records the new size of a queue. */
  synchronized void resized(StagedPackets queue, long before, long after) {
    taken += after - before;
    if (bits(before) == bits(after)) {
      return;
    }
    bySize.get(bits(before)).remove(queue);
    if (after > 0) {
      bySize.get(bits(after)).add(queue);
    }
  }

  private static int bits(long bytes) {
    return Long.SIZE - Long.numberOfLeadingZeros(bytes);
  }

  public synchronized long takenBytes() {
    return taken;
  }
}
