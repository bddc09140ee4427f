package dev.wiremesh.wireguard.packet;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Congestion marks through the tunnel (RFC 6040): what the inner packet can take goes on the outer
 * one, and a mark that the outer one got on its way comes back to the inner one. Nothing else of
 * the inner traffic class is shown outside.
 *
 * <p>Congestion that the inner packet has met already is shown outside as it is, which is the
 * normal mode of section 4.1. The kernel shows {@code ECT(0)} in its place, as RFC 3168 had it.
 *
 * <p>One thing is as the kernel does it and not as section 4.2 says: an inner packet that takes no
 * marks is not dropped when the outer one carries one, since there are routers that rewrite the
 * whole octet, and all traffic behind them would be lost.
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

  /** Whether the outer packet shows what an inner one may have to take over. */
  public static boolean tells(int outer) {
    return (outer & ECT_1) != 0;
  }

  /** The two bits of an inner packet, which go on the outer one as they are. */
  public static int of(MemorySegment slab, int offset, int version) {
    int octet = slab.get(ValueLayout.JAVA_BYTE, offset + 1);
    return (version == 4 ? octet : octet >>> V6_SHIFT) & MASK;
  }

  /**
   * What the outer packet shows after its way, as far as an inner one that takes marks has to know
   * it: congestion, and the stronger of the two marks that say that marks are taken.
   */
  public static void takeMarks(MemorySegment slab, int offset, int version, int outer) {
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

  /** A word of the header has grown by so much, or shrunk (RFC 1624 section 3). */
  private static void addToChecksummed(MemorySegment slab, int offset, int growth) {
    int sum =
        (~slab.get(SHORT, offset + V4_CHECKSUM) & 0xffff) + (growth < 0 ? growth + 0xffff : growth);
    sum = (sum & 0xffff) + (sum >>> 16);
    slab.set(SHORT, offset + V4_CHECKSUM, (short) ~sum);
  }
}
