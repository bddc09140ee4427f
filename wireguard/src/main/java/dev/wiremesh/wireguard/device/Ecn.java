package dev.wiremesh.wireguard.device;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Congestion marks through the tunnel (RFC 6040): what the inner packet can take goes on the outer
 * one, and a mark that the outer one got on its way comes back to the inner one. Nothing else of
 * the inner traffic class is shown outside.
 *
 * <p>One thing is as the kernel does it and not as section 4.2 says: an inner packet that takes no
 * marks is not dropped when the outer one carries one, since there are routers that rewrite the
 * whole octet, and all traffic behind them would be lost.
 */
final class Ecn {
  /** Congestion experienced. */
  static final int CE = 3;

  private static final int MASK = 3;
  private static final int V6_SHIFT = 4;
  private static final int V4_CHECKSUM = 10;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Ecn() {}

  /** The two bits of an inner packet, which go on the outer one as they are. */
  static int of(MemorySegment slab, int offset, int version) {
    int octet = slab.get(ValueLayout.JAVA_BYTE, offset + 1);
    return (version == 4 ? octet : octet >>> V6_SHIFT) & MASK;
  }

  /** The outer packet met congestion: says so to an inner one that can take it. */
  static void markCongestion(MemorySegment slab, int offset, int version) {
    int marks = of(slab, offset, version);
    if (marks == 0 || marks == CE) {
      return;
    }
    int octet = slab.get(ValueLayout.JAVA_BYTE, offset + 1);
    slab.set(
        ValueLayout.JAVA_BYTE, offset + 1, (byte) (octet | (version == 4 ? CE : CE << V6_SHIFT)));
    if (version == 4) {
      addToChecksummed(slab, offset, CE - marks);
    }
  }

  /** A word of the header has grown by so much (RFC 1624 section 3). */
  private static void addToChecksummed(MemorySegment slab, int offset, int growth) {
    int sum = (~slab.get(SHORT, offset + V4_CHECKSUM) & 0xffff) + growth;
    sum = (sum & 0xffff) + (sum >>> 16);
    slab.set(SHORT, offset + V4_CHECKSUM, (short) ~sum);
  }
}
