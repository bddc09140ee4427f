package dev.wiremesh.wireguard.offload;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * {@code struct virtio_net_hdr} of {@code linux/virtio_net.h}, which goes before each packet of a
 * TUN with offloads, in the machine's byte order.
 */
public final class VirtioHeader {
  public static final int BYTES = 10;

  static final int NEEDS_CHECKSUM = 1;

  static final int GSO_NONE = 0;
  static final int GSO_TCP_V4 = 1;
  static final int GSO_TCP_V6 = 4;
  static final int GSO_UDP = 5;
  static final int GSO_ECN = 0x80;

  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private VirtioHeader() {}

  static int flags(MemorySegment at, long offset) {
    return Byte.toUnsignedInt(at.get(ValueLayout.JAVA_BYTE, offset));
  }

  static int gsoType(MemorySegment at, long offset) {
    return Byte.toUnsignedInt(at.get(ValueLayout.JAVA_BYTE, offset + 1));
  }

  static int segmentSize(MemorySegment at, long offset) {
    return Short.toUnsignedInt(at.get(SHORT, offset + 4));
  }

  static int checksumStart(MemorySegment at, long offset) {
    return Short.toUnsignedInt(at.get(SHORT, offset + 6));
  }

  static int checksumOffset(MemorySegment at, long offset) {
    return Short.toUnsignedInt(at.get(SHORT, offset + 8));
  }

  /** Writes the header of a complete packet that is no GSO packet. */
  public static void clear(MemorySegment at, long offset) {
    at.set(ValueLayout.JAVA_LONG_UNALIGNED, offset, 0);
    at.set(SHORT, offset + 8, (short) 0);
  }

  static void set(
      MemorySegment at,
      long offset,
      int gsoType,
      int headerBytes,
      int segmentSize,
      int checksumStart,
      int checksumOffset) {
    at.set(ValueLayout.JAVA_BYTE, offset, (byte) NEEDS_CHECKSUM);
    at.set(ValueLayout.JAVA_BYTE, offset + 1, (byte) gsoType);
    at.set(SHORT, offset + 2, (short) headerBytes);
    at.set(SHORT, offset + 4, (short) segmentSize);
    at.set(SHORT, offset + 6, (short) checksumStart);
    at.set(SHORT, offset + 8, (short) checksumOffset);
  }
}
