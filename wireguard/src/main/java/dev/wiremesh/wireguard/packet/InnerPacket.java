package dev.wiremesh.wireguard.packet;

import dev.wiremesh.wireguard.io.Endpoint;
import dev.wiremesh.wireguard.routing.PrefixTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Header fields of an IP packet that routing needs (RFC 791 section 3.1, RFC 8200 section 3). */
public final class InnerPacket {
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;
  private static final int V4_FRAGMENT_OFFSET = 0x1fff;
  private static final int V6_FRAGMENT = 44;
  private static final int V6_FRAGMENT_HEADER = 8;
  private static final int V6_FRAGMENT_OFFSET = 0xfff8;
  private static final int UDP = 17;
  private static final int UDP_HEADER = 8;

  private InnerPacket() {}

  /** The IP version, 4 or 6; 0 if the packet is shorter than the header of that version. */
  public static int version(MemorySegment slab, int offset, int length) {
    if (length < IPV4_HEADER) {
      return 0;
    }
    int version = (slab.get(ValueLayout.JAVA_BYTE, offset) & 0xf0) >>> 4;
    return version == 4 || version == 6 && length >= IPV6_HEADER ? version : 0;
  }

  /**
   * Length by the packet's own header; 0 if that is shorter than a header or longer than what is
   * available.
   */
  public static int lengthByHeader(MemorySegment slab, int offset, int available, int version) {
    int length =
        version == 4
            ? slab.get(SHORT, offset + 2) & 0xffff
            : IPV6_HEADER + (slab.get(SHORT, offset + 4) & 0xffff);
    int header = version == 4 ? IPV4_HEADER : IPV6_HEADER;
    return length < header || length > available ? 0 : length;
  }

  /**
   * Offset of the payload if the packet is a UDP datagram to this endpoint; -1 if not, or if it is
   * not the first fragment.
   */
  public static int contentsOfDatagram(
      MemorySegment slab, int offset, int length, int version, Endpoint to) {
    var address = to.address();
    int header;
    if (version == 4) {
      if (!address.isV4()
          || slab.get(INT, offset + 16) != (int) address.lo()
          || slab.get(ValueLayout.JAVA_BYTE, offset + 9) != UDP
          || (slab.get(SHORT, offset + 6) & V4_FRAGMENT_OFFSET) != 0) {
        return -1;
      }
      header = (slab.get(ValueLayout.JAVA_BYTE, offset) & 0x0f) * Integer.BYTES;
    } else {
      if (address.isV4()
          || slab.get(LONG, offset + 32) != address.lo()
          || slab.get(LONG, offset + 24) != address.hi()) {
        return -1;
      }
      header = v6HeadersBeforeUdp(slab, offset, length);
    }
    return header < IPV4_HEADER
            || length < header + UDP_HEADER
            || (slab.get(SHORT, offset + header + 2) & 0xffff) != to.port()
        ? -1
        : offset + header + UDP_HEADER;
  }

  /** Length of the headers before UDP; 0 if it is not UDP or not the first fragment. */
  private static int v6HeadersBeforeUdp(MemorySegment slab, int offset, int length) {
    int next = slab.get(ValueLayout.JAVA_BYTE, offset + 6);
    if (next == UDP) {
      return IPV6_HEADER;
    }
    boolean begins =
        next == V6_FRAGMENT
            && length >= IPV6_HEADER + V6_FRAGMENT_HEADER
            && slab.get(ValueLayout.JAVA_BYTE, offset + IPV6_HEADER) == UDP
            && (slab.get(SHORT, offset + IPV6_HEADER + 2) & V6_FRAGMENT_OFFSET) == 0;
    return begins ? IPV6_HEADER + V6_FRAGMENT_HEADER : 0;
  }

  public static <T> @Nullable T routeOfDestination(
      PrefixTable<T> routes, MemorySegment slab, int offset, int version) {
    return version == 4
        ? routes.matchV4(slab.get(INT, offset + 16))
        : routes.matchV6(slab.get(LONG, offset + 24), slab.get(LONG, offset + 32));
  }

  public static <T> @Nullable T routeOfSource(
      PrefixTable<T> routes, MemorySegment slab, int offset, int version) {
    return version == 4
        ? routes.matchV4(slab.get(INT, offset + 12))
        : routes.matchV6(slab.get(LONG, offset + 8), slab.get(LONG, offset + 16));
  }
}
