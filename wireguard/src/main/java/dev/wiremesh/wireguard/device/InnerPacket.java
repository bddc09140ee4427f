package dev.wiremesh.wireguard.device;

import dev.wiremesh.wireguard.routing.PrefixTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** What must be read of an IP packet to route it (RFC 791 section 3.1, RFC 8200 section 3). */
final class InnerPacket {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  private InnerPacket() {}

  /** 4 or 6, or 0 if there is not even room for a header of what it claims to be. */
  static int version(MemorySegment slab, int offset, int length) {
    if (length < IPV4_HEADER) {
      return 0;
    }
    int version = (slab.get(ValueLayout.JAVA_BYTE, offset) & 0xf0) >>> 4;
    return version == 4 || version == 6 && length >= IPV6_HEADER ? version : 0;
  }

  /**
   * Length by its own header, or 0 if that is shorter than a header or longer than what is there.
   */
  static int lengthByHeader(MemorySegment slab, int offset, int available, int version) {
    int length =
        version == 4
            ? slab.get(SHORT, offset + 2) & 0xffff
            : IPV6_HEADER + (slab.get(SHORT, offset + 4) & 0xffff);
    int header = version == 4 ? IPV4_HEADER : IPV6_HEADER;
    return length < header || length > available ? 0 : length;
  }

  static @Nullable NextHop routeOfDestination(
      PrefixTable<NextHop> routes, MemorySegment slab, int offset, int version) {
    return version == 4
        ? routes.matchV4(slab.get(INT, offset + 16))
        : routes.matchV6(slab.get(LONG, offset + 24), slab.get(LONG, offset + 32));
  }

  static @Nullable NextHop routeOfSource(
      PrefixTable<NextHop> routes, MemorySegment slab, int offset, int version) {
    return version == 4
        ? routes.matchV4(slab.get(INT, offset + 12))
        : routes.matchV6(slab.get(LONG, offset + 8), slab.get(LONG, offset + 16));
  }
}
