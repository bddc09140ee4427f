package dev.wiremesh.wireguard.offload;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Offsets of the fields of IP, TCP and UDP headers. */
final class Headers {
  static final int V4_BYTES = 20;
  static final int V4_LENGTH = 2;
  static final int V4_ID = 4;
  static final int V4_FRAGMENT = 6;
  static final int V4_DF = 0x4000;
  static final int V4_TTL = 8;
  static final int V4_PROTOCOL = 9;
  static final int V4_CHECKSUM = 10;
  static final int V4_SOURCE = 12;

  static final int V6_BYTES = 40;
  static final int V6_PAYLOAD_LENGTH = 4;
  static final int V6_NEXT_HEADER = 6;
  static final int V6_SOURCE = 8;

  static final int TCP = 6;
  static final int TCP_BYTES = 20;
  static final int TCP_SEQUENCE = 4;
  static final int TCP_DATA_OFFSET = 12;
  static final int TCP_FLAGS = 13;
  static final int TCP_CHECKSUM = 16;
  static final int TCP_FIN = 0x01;
  static final int TCP_PSH = 0x08;
  static final int TCP_ACK = 0x10;
  static final int TCP_CWR = 0x80;

  static final int UDP = 17;
  static final int UDP_BYTES = 8;
  static final int UDP_LENGTH = 4;
  static final int UDP_CHECKSUM = 6;

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** IPv6, which is longer than IPv4 without options, and TCP with all options. */
  static final int MAX_BYTES = V6_BYTES + 60;

  private Headers() {}

  /** Hop-by-hop options, routing, fragment, authentication, destination options. */
  static boolean isV6Extension(int nextHeader) {
    return switch (nextHeader) {
      case 0, 43, 44, 51, 60 -> true;
      default -> false;
    };
  }

  static int u8(MemorySegment memory, long at) {
    return Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at));
  }

  static int u16(MemorySegment memory, long at) {
    return Short.toUnsignedInt(memory.get(SHORT, at));
  }

  static int i32(MemorySegment memory, long at) {
    return memory.get(INT, at);
  }

  static void put8(MemorySegment memory, long at, int value) {
    memory.set(ValueLayout.JAVA_BYTE, at, (byte) value);
  }

  static void put16(MemorySegment memory, long at, int value) {
    memory.set(SHORT, at, (short) value);
  }

  static void put32(MemorySegment memory, long at, int value) {
    memory.set(INT, at, value);
  }

  /** Stores a checksum of {@link InternetChecksum}, which is in native byte order. */
  static void putChecksum(MemorySegment memory, long at, short checksum) {
    memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, checksum);
  }

  /** Sets the packet's length, and the header checksum in IPv4. */
  static void putPacketLength(MemorySegment memory, long ip, boolean v4, int ipBytes, int length) {
    if (!v4) {
      put16(memory, ip + V6_PAYLOAD_LENGTH, length - V6_BYTES);
      return;
    }
    put16(memory, ip + V4_LENGTH, length);
    put16(memory, ip + V4_CHECKSUM, 0);
    putChecksum(
        memory,
        ip + V4_CHECKSUM,
        InternetChecksum.complement(InternetChecksum.sum(memory, ip, ipBytes)));
  }
}
