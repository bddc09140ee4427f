package dev.wiremesh.wireguard.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** Packets that wait for a session; the oldest go when there are too many. Safe for any thread. */
final class StagedPackets {
  static final int CAPACITY = 128;

  private final ArrayDeque<byte[]> packets = new ArrayDeque<>(0);

  /** Keeps a copy of a packet; false if the oldest one had to go for it. */
  synchronized boolean add(MemorySegment slab, int offset, int length) {
    boolean fits = packets.size() < CAPACITY;
    if (!fits) {
      packets.removeFirst();
    }
    packets.addLast(slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE));
    return fits;
  }

  synchronized boolean isEmpty() {
    return packets.isEmpty();
  }

  /** Takes all packets, the oldest first. */
  synchronized List<byte[]> drain() {
    var all = new ArrayList<>(packets);
    packets.clear();
    return all;
  }
}
