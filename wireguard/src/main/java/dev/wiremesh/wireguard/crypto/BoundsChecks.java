package dev.wiremesh.wireguard.crypto;

import static dev.wiremesh.wireguard.crypto.PacketCipher.TAG_LENGTH;

import java.lang.foreign.MemorySegment;
import java.util.Objects;

/** Bounds checks, done once for a batch; the backends then use memory by address, unchecked. */
public final class BoundsChecks {
  private static final int MAX_LENGTH = 65_535;

  private BoundsChecks() {}

  /**
   * Checks the arguments of a {@link PacketCipher#seal}.
   *
   * @throws IllegalArgumentException for memory or lengths that are no packet's
   * @throws IndexOutOfBoundsException for packets that are not within their memory
   */
  public static void checkSeal(PacketLayout packets, int from, int count) {
    requirePacketMemory(packets.source(), packets.destination());
    long sourceBytes = packets.source().byteSize();
    long destinationBytes = packets.destination().byteSize();
    int[] sourceOffsets = packets.sourceOffsets();
    int[] destinationOffsets = packets.destinationOffsets();
    int[] lengths = packets.lengths();
    for (int i = from; i < from + count; i++) {
      int length = requireLength(lengths[i]);
      Objects.checkFromIndexSize(sourceOffsets[i], length, sourceBytes);
      Objects.checkFromIndexSize(destinationOffsets[i], length + TAG_LENGTH, destinationBytes);
    }
  }

  /** Checks the arguments of a {@link PacketCipher#open}, as {@link #checkSeal} does. */
  public static void checkOpen(PacketLayout packets, int from, int count) {
    requirePacketMemory(packets.source(), packets.destination());
    long sourceBytes = packets.source().byteSize();
    long destinationBytes = packets.destination().byteSize();
    int[] sourceOffsets = packets.sourceOffsets();
    int[] destinationOffsets = packets.destinationOffsets();
    int[] lengths = packets.lengths();
    for (int i = from; i < from + count; i++) {
      int length = requireLength(lengths[i] - TAG_LENGTH);
      Objects.checkFromIndexSize(sourceOffsets[i], length + TAG_LENGTH, sourceBytes);
      Objects.checkFromIndexSize(destinationOffsets[i], length, destinationBytes);
    }
  }

  private static void requirePacketMemory(MemorySegment source, MemorySegment destination) {
    if (!source.isNative() || !destination.isNative() || destination.isReadOnly()) {
      throw new IllegalArgumentException("packets must lie in native memory");
    }
    if (!source.scope().isAlive() || !destination.scope().isAlive()) {
      throw new IllegalStateException("the packets' memory is closed");
    }
  }

  private static int requireLength(int length) {
    if (length < 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException("no packet has " + length + " bytes");
    }
    return length;
  }
}
