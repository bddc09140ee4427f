package dev.wiremesh.wireguard.packet;

import static dev.wiremesh.wireguard.offload.InternetChecksum.ofNetworkShort;
import static dev.wiremesh.wireguard.offload.InternetChecksum.store;
import static dev.wiremesh.wireguard.offload.InternetChecksum.sum;

import dev.wiremesh.core.net.IpAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Probes between devices of this implementation: ICMP echo messages (RFC 792, RFC 4443 section 4)
 * whose data are a marker that identifies a probe, the sender's secret that identifies its own
 * probes, and the time of sending by the sender's clock.
 */
public final class IcmpEcho {
  private static final int ICMP_V4 = 1;
  private static final int ICMP_V6 = 58;
  private static final int REQUEST_V4 = 8;
  private static final int REPLY_V4 = 0;
  private static final int REQUEST_V6 = 128;
  private static final int REPLY_V6 = 129;
  private static final int HEADER_V4 = 20;
  private static final int HEADER_V6 = 40;
  private static final int ECHO_HEADER = 8;
  private static final int DATA = 3 * Long.BYTES;
  private static final int HOP_LIMIT = 64;
  private static final long MARKER =
      ByteBuffer.wrap("wiremesh".getBytes(StandardCharsets.US_ASCII)).getLong();
  private static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private IcmpEcho() {}

  public static byte[] request(IpAddress from, IpAddress to, long secret, long sentNanos) {
    return request(from, to, secret, sentNanos, 0);
  }

  /**
   * A request of a given length, filled up with zeros.
   *
   * @param length of the packet in bytes; one that is too short is as long as its data need
   */
  public static byte[] request(
      IpAddress from, IpAddress to, long secret, long sentNanos, int length) {
    return from.isV4()
        ? v4(REQUEST_V4, from.toBytes(), to.toBytes(), secret, sentNanos, length)
        : v6(REQUEST_V6, from.toBytes(), to.toBytes(), secret, sentNanos, length);
  }

  /** The reply to a request: without its filling, so that it measures one direction alone. */
  public static byte[] reply(MemorySegment slab, int offset, int version) {
    int header = header(version);
    int address = version == 4 ? 4 : 16;
    int source = header - 2 * address;
    byte[] from = slab.asSlice(offset + source, address).toArray(ValueLayout.JAVA_BYTE);
    byte[] to = slab.asSlice(offset + source + address, address).toArray(ValueLayout.JAVA_BYTE);
    long secret = secret(slab, offset, version);
    long sentNanos = sentNanos(slab, offset, version);
    return version == 4
        ? v4(REPLY_V4, to, from, secret, sentNanos, 0)
        : v6(REPLY_V6, to, from, secret, sentNanos, 0);
  }

  /** True for a packet of our form, filled up or not. */
  public static boolean isRequest(MemorySegment slab, int offset, int length, int version) {
    return isEcho(slab, offset, length, version, version == 4 ? REQUEST_V4 : REQUEST_V6);
  }

  /** True for a packet of our form, filled up or not. */
  static boolean isReply(MemorySegment slab, int offset, int length, int version) {
    return isEcho(slab, offset, length, version, version == 4 ? REPLY_V4 : REPLY_V6);
  }

  /** True for either of the two. */
  public static boolean isProbe(MemorySegment slab, int offset, int length, int version) {
    return isRequest(slab, offset, length, version) || isReply(slab, offset, length, version);
  }

  public static IpAddress source(MemorySegment slab, int offset, int version) {
    int address = version == 4 ? 4 : 16;
    return IpAddress.of(
        slab.asSlice(offset + header(version) - 2 * address, address)
            .toArray(ValueLayout.JAVA_BYTE));
  }

  public static IpAddress destination(MemorySegment slab, int offset, int version) {
    int address = version == 4 ? 4 : 16;
    return IpAddress.of(
        slab.asSlice(offset + header(version) - address, address).toArray(ValueLayout.JAVA_BYTE));
  }

  public static long secret(MemorySegment slab, int offset, int version) {
    return slab.get(LONG, offset + data(version) + Long.BYTES);
  }

  public static long sentNanos(MemorySegment slab, int offset, int version) {
    return slab.get(LONG, offset + data(version) + 2 * Long.BYTES);
  }

  private static boolean isEcho(MemorySegment slab, int offset, int length, int version, int type) {
    if (length < data(version) + DATA) {
      return false;
    }
    boolean icmp =
        version == 4
            ? slab.get(ValueLayout.JAVA_BYTE, offset) == 0x45
                && slab.get(ValueLayout.JAVA_BYTE, offset + 9) == ICMP_V4
                && (slab.get(SHORT, offset + 6) & 0x3fff) == 0 // no fragment
            : slab.get(ValueLayout.JAVA_BYTE, offset + 6) == ICMP_V6;
    return icmp
        && slab.get(ValueLayout.JAVA_BYTE, offset + header(version)) == (byte) type
        && slab.get(LONG, offset + data(version)) == MARKER;
  }

  private static int header(int version) {
    return version == 4 ? HEADER_V4 : HEADER_V6;
  }

  private static int data(int version) {
    return header(version) + ECHO_HEADER;
  }

  private static byte[] v4(
      int type, byte[] from, byte[] to, long secret, long sentNanos, int length) {
    var packet = ByteBuffer.allocate(Math.max(HEADER_V4 + ECHO_HEADER + DATA, length));
    packet.putShort((short) 0x4500).putShort((short) packet.capacity()).putInt(0);
    packet.put((byte) HOP_LIMIT).put((byte) ICMP_V4).putShort((short) 0).put(from).put(to);
    echo(packet, type, secret, sentNanos);
    var bytes = MemorySegment.ofBuffer(packet.rewind());
    store(bytes, 10, sum(bytes, 0, HEADER_V4));
    store(bytes, HEADER_V4 + 2, sum(bytes, HEADER_V4, packet.capacity() - HEADER_V4));
    return packet.array();
  }

  private static byte[] v6(
      int type, byte[] from, byte[] to, long secret, long sentNanos, int length) {
    var packet = ByteBuffer.allocate(Math.max(HEADER_V6 + ECHO_HEADER + DATA, length));
    int payload = packet.capacity() - HEADER_V6;
    packet.putInt(6 << 28).putShort((short) payload);
    packet.put((byte) ICMP_V6).put((byte) HOP_LIMIT).put(from).put(to);
    echo(packet, type, secret, sentNanos);
    var bytes = MemorySegment.ofBuffer(packet.rewind());
    long pseudoHeader = sum(bytes, 8, 32) + ofNetworkShort(payload + ICMP_V6);
    store(bytes, HEADER_V6 + 2, pseudoHeader + sum(bytes, HEADER_V6, payload));
    return packet.array();
  }

  private static void echo(ByteBuffer packet, int type, long secret, long sentNanos) {
    packet.put((byte) type).put((byte) 0).putShort((short) 0).putInt(0);
    packet.putLong(MARKER).putLong(secret).putLong(sentNanos);
  }
}
