package dev.wiremesh.wireguard.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Explicit congestion notification through the tunnel (RFC 6040): the ECN field of the inner packet
 * is copied to the outer one, and a congestion mark of the outer one is copied back to the inner
 * one. The rest of the inner traffic class is not exposed.
 *
 * <p>A congestion mark that the inner packet carries already is exposed unchanged, which is the
 * normal mode of section 4.1. The kernel sends {@code ECT(0)} in its place, as RFC 3168 had it.
 *
 * <p>In one point this follows the kernel, not section 4.2: an inner packet that is not ECN-capable
 * is kept when the outer one carries a congestion mark, because some routers rewrite the whole
 * octet, and all traffic behind them would be lost.
 */
public final class Ecn {
  private static final int ECT_1 = 1;
  private static final int ECT_0 = 2;

  /** Congestion experienced. */
  private static final int CE = 3;

  private static final int MASK = 3;
  private static final int V6_SHIFT = 4;
  private static final int V4_CHECKSUM = 10;
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private Ecn() {}

  /** True if the outer ECN field may have to be copied to the inner packet. */
  public static boolean isMarked(int outer) {
    return (outer & ECT_1) != 0;
  }

  /** The ECN field of an inner packet, which is copied to the outer one. */
  public static int of(MemorySegment slab, int offset, int version) {
    int octet = slab.get(ValueLayout.JAVA_BYTE, offset + 1);
    return (version == 4 ? octet : octet >>> V6_SHIFT) & MASK;
  }

  /**
   * Copies the outer ECN field to an ECN-capable inner packet: a congestion mark, or the stronger
   * of the two ECT codepoints.
   */
  public static void copyMarks(MemorySegment slab, int offset, int version, int outer) {
    int before = of(slab, offset, version);
    int after = outer & MASK;
    if (after == CE ? before == 0 || before == CE : after != ECT_1 || before != ECT_0) {
      return;
    }
    int change = before ^ after;
    int octet = slab.get(ValueLayout.JAVA_BYTE, offset + 1);
    slab.set(
        ValueLayout.JAVA_BYTE,
        offset + 1,
        (byte) (octet ^ (version == 4 ? change : change << V6_SHIFT)));
    if (version == 4) {
      addToChecksummed(slab, offset, after - before);
    }
  }

  /**
   * Updates the header checksum for a word that has changed by {@code growth} (RFC 1624 section 3).
   */
  private static void addToChecksummed(MemorySegment slab, int offset, int growth) {
    int sum =
        (~slab.get(SHORT, offset + V4_CHECKSUM) & 0xffff) + (growth < 0 ? growth + 0xffff : growth);
    sum = (sum & 0xffff) + (sum >>> 16);
    slab.set(SHORT, offset + V4_CHECKSUM, (short) ~sum);
  }
}
