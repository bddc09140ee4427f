package dev.wiremesh.wireguard.offload;

import dev.wiremesh.wireguard.io.PacketBatch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Fuzz target: segments what a TUN may return and joins what peers may send, without touching a
 * byte outside their memory, however wrong the headers are. The first byte chooses between the two.
 */
public final class OffloadFuzz {
  private static final int MAX_INPUT = 4096;
  private static final GsoSplitter FRAME = new GsoSplitter(Arena.ofAuto());
  private static final PacketBatch BATCH = new PacketBatch(Arena.ofAuto(), 64, 256 * 1024);
  private static final MemorySegment VIRTIO = Arena.ofAuto().allocate(VirtioHeader.BYTES);

  private OffloadFuzz() {}

  public static void fuzzerTestOneInput(byte[] input) {
    if (input.length < 2 || input.length > MAX_INPUT) {
      return;
    }
    if ((input[0] & 1) == 0) {
      cut(input);
    } else {
      join(input);
    }
  }

  private static void cut(byte[] input) {
    int length = input.length - 1;
    MemorySegment.copy(input, 1, FRAME.memory(), ValueLayout.JAVA_BYTE, 0, length);
    if (!FRAME.accept(length)) {
      return;
    }
    int packets = 0;
    while (FRAME.isWaiting()) {
      BATCH.clear();
      int added = FRAME.fill(BATCH);
      packets += added;
      if (added == 0 || packets > length) {
        throw new AssertionError(packets + " packets of " + length + " bytes, and it goes on");
      }
    }
  }

  /** The second byte is the length of each packet. */
  private static void join(byte[] input) {
    int each = Math.max(1, Byte.toUnsignedInt(input[1]));
    BATCH.clear();
    for (int at = 2; at < input.length && BATCH.count() < BATCH.capacity(); at += each) {
      int length = Math.min(each, input.length - at);
      MemorySegment.copy(
          input, at, BATCH.slab(), ValueLayout.JAVA_BYTE, BATCH.nextOffset(), length);
      BATCH.add(length);
    }
    var coalescer = new GroCoalescer(BATCH.capacity(), true);
    int frames = coalescer.arrange(BATCH);
    int packets = 0;
    for (int frame = 0; frame < frames; frame++) {
      packets += coalescer.packets(frame);
      coalescer.complete(BATCH, frame, VIRTIO, 0);
    }
    if (packets != BATCH.count()) {
      throw new AssertionError(BATCH.count() + " packets became " + packets);
    }
  }
}
