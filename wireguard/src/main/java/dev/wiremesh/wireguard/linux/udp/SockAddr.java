package dev.wiremesh.wireguard.linux.udp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** {@code struct sockaddr_in} and {@code sockaddr_in6} in native memory. */
public final class SockAddr {
  static final int V4_BYTES = 16;
  public static final int V6_BYTES = 28;

  private static final ValueLayout.OfShort PORT = JAVA_SHORT.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt V4 = JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong V6 = JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private static final long PORT_OFFSET = 2;
  private static final long V4_OFFSET = 4;
  private static final long V6_OFFSET = 8;
  private static final long SCOPE_OFFSET = 24;

  private SockAddr() {}

  /** Writes an address and returns its length. */
  public static int write(MemorySegment at, IpAddress address, int port, int scope) {
    at.set(PORT, PORT_OFFSET, (short) port);
    if (address.isV4()) {
      at.set(JAVA_SHORT, 0, (short) Sockets.AF_INET);
      putV4(at, V4_OFFSET, address);
      at.set(JAVA_LONG_UNALIGNED, 8, 0);
      return V4_BYTES;
    }
    at.set(JAVA_SHORT, 0, (short) Sockets.AF_INET6);
    at.set(JAVA_INT, 4, 0);
    putV6(at, V6_OFFSET, address);
    at.set(JAVA_INT, SCOPE_OFFSET, scope);
    return V6_BYTES;
  }

  static int port(MemorySegment at) {
    return Short.toUnsignedInt(at.get(PORT, PORT_OFFSET));
  }

  static long hi(MemorySegment at, boolean v4) {
    return v4 ? 0 : at.get(V6, V6_OFFSET);
  }

  static long lo(MemorySegment at, boolean v4) {
    return v4 ? getV4(at, V4_OFFSET) : at.get(V6, V6_OFFSET + Long.BYTES);
  }

  static int scope(MemorySegment at, boolean v4) {
    return v4 ? 0 : at.get(JAVA_INT, SCOPE_OFFSET);
  }

  static long getV4(MemorySegment at, long offset) {
    return Integer.toUnsignedLong(at.get(V4, offset));
  }

  static long getV6(MemorySegment at, long offset) {
    return at.get(V6, offset);
  }

  static void putV4(MemorySegment at, long offset, IpAddress address) {
    at.set(V4, offset, (int) address.lo());
  }

  static void putV6(MemorySegment at, long offset, IpAddress address) {
    at.set(V6, offset, address.hi());
    at.set(V6, offset + Long.BYTES, address.lo());
  }
}
