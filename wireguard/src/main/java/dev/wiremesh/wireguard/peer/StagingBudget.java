package dev.wiremesh.wireguard.peer;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How much memory the packets that wait for a session may take, those of all peers together. When
 * it is full, the longest queue makes room: peers that never answer must not keep others from
 * connecting. Its monitor guards the queues too.
 */
public final class StagingBudget {
  /**
   * Each peer may have 128 packets waiting, and somebody who scans the mesh can make them wait for
   * thousands of peers that do not answer. This is a small part of the heap that the daemon and the
   * agent have, and enough for 10,000 full packets.
   */
  public static final long CAPACITY_BYTES = 16L << 20;

  /**
   * The queues that hold something, by the number of bits of their size. In the last set that is
   * not empty each is more than half as long as the longest, and that is exact enough.
   */
  private final List<LinkedHashSet<StagedPackets>> bySize =
      IntStream.rangeClosed(0, bits(CAPACITY_BYTES))
          .mapToObj(_ -> new LinkedHashSet<StagedPackets>(0))
          .toList();

  private long taken;

  /**
   * Makes room for one packet more.
   *
   * @return how many packets were lost by it
   */
  synchronized int make(long bytes) {
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

  /** Notes that a queue has grown or shrunk. */
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
