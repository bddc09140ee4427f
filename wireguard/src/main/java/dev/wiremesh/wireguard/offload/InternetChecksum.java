package dev.wiremesh.wireguard.offload;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The ones' complement sum of RFC 1071. It does not depend on the byte order (section 2 (B)), so
 * sums are taken in native order, eight bytes at a time; {@link #fold} returns the value to store
 * as a plain {@code short}.
 */
public final class InternetChecksum {
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;
  private static final long LOW = 0xffff_ffffL;

  private InternetChecksum() {}

  /** Sum of up to 65,535 bytes, not folded: sums may be added before {@link #fold}. */
  public static long sum(MemorySegment memory, long from, int length) {
    long even = 0;
    long odd = 0;
    int i = 0;
    for (; i + 16 <= length; i += 16) {
      long a = memory.get(LONG, from + i);
      long b = memory.get(LONG, from + i + 8);
      even += (a & LOW) + (b & LOW);
      odd += (a >>> 32) + (b >>> 32);
    }
    return even + odd + sumOfRest(memory, from + i, length - i);
  }

  private static long sumOfRest(MemorySegment memory, long from, int length) {
    long sum = 0;
    int i = 0;
    for (; i + 4 <= length; i += 4) {
      sum += memory.get(INT, from + i) & LOW;
    }
    if (i + 2 <= length) {
      sum += Short.toUnsignedLong(memory.get(SHORT, from + i));
      i += 2;
    }
    if (i < length) {
      // As if a zero byte followed.
      long last = Byte.toUnsignedLong(memory.get(ValueLayout.JAVA_BYTE, from + i));
      sum += LITTLE_ENDIAN ? last : last << 8;
    }
    return sum;
  }

  private static final boolean LITTLE_ENDIAN = ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  /** The summand of a number that stands in the packet in network order. */
  public static long ofNetworkShort(int value) {
    return LITTLE_ENDIAN ? Short.toUnsignedLong(Short.reverseBytes((short) value)) : value & 0xffff;
  }

  /**
   * Sum of the pseudo header of TCP and UDP (RFC 9293 section 3.1, RFC 8200 section 8.1).
   *
   * @param ip offset of the IP header
   * @param length of the TCP or UDP header and its payload
   */
  static long pseudoHeader(MemorySegment memory, long ip, boolean v4, int protocol, int length) {
    long addresses =
        v4 ? sum(memory, ip + Headers.V4_SOURCE, 8) : sum(memory, ip + Headers.V6_SOURCE, 32);
    return addresses + ofNetworkShort(protocol) + ofNetworkShort(length);
  }

  /** Folds a sum to sixteen bits, without the complement. */
  static short fold(long sum) {
    long folded = (sum & LOW) + (sum >>> 32);
    folded = (folded & 0xffff) + (folded >>> 16);
    folded = (folded & 0xffff) + (folded >>> 16);
    folded = (folded & 0xffff) + (folded >>> 16);
    return (short) folded;
  }

  /** The value of a checksum field. */
  static short complement(long sum) {
    return (short) ~fold(sum);
  }

  /** Stores the checksum of a sum. */
  public static void store(MemorySegment memory, long at, long sum) {
    memory.set(SHORT, at, complement(sum));
  }
}
