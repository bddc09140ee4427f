package dev.wiremesh.wireguard.packet;

import static dev.wiremesh.wireguard.offload.InternetChecksum.ofNetworkShort;
import static dev.wiremesh.wireguard.offload.InternetChecksum.store;
import static dev.wiremesh.wireguard.offload.InternetChecksum.sum;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * ICMP host unreachable (RFC 792, RFC 4443 section 3.1) for a packet that has no peer or whose
 * peer's endpoint is unknown, as kernel WireGuard sends it, so that programs fail at once instead
 * of after their timeout. Its source is the packet's destination: an address of this host would be
 * dropped as a martian.
 */
public final class IcmpUnreachable {
  private static final int ICMP_V4 = 1;
  private static final int ICMP_V6 = 58;
  private static final int HEADER_V4 = 20;
  private static final int HEADER_V6 = 40;
  private static final int ICMP_HEADER = 8;

  /** Quoted bytes, limited so that the whole is not larger than every host must accept. */
  private static final int QUOTED_V4 = 576 - HEADER_V4 - ICMP_HEADER;

  private static final int QUOTED_V6 = 1280 - HEADER_V6 - ICMP_HEADER;
  private static final int HOP_LIMIT = 64;

  /** Internetwork control, as the kernel marks them. */
  private static final int TRAFFIC_CLASS = 0xc0;

  private static final int V4_UNREACHABLE = 3;
  private static final int V4_HOST = 1;
  private static final int V6_UNREACHABLE = 1;
  private static final int V6_ADDRESS = 3;

  private IcmpUnreachable() {}

  /**
   * The ICMP error for a packet.
   *
   * @return null for a packet that must not be answered: multicast or broadcast, a later fragment,
   *     or itself an ICMP error (RFC 1122 section 3.2.2, RFC 4443 section 2.4)
   */
  public static byte @Nullable [] to(MemorySegment slab, int offset, int length, int version) {
    var packet = slab.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
    return version == 4 ? v4(packet) : v6(packet);
  }

  private static byte @Nullable [] v4(byte[] packet) {
    int header = (packet[0] & 0x0f) * Integer.BYTES;
    boolean laterFragment = (packet[6] & 0x1f) != 0 || packet[7] != 0;
    int source = packet[12] & 0xff;
    int destination = packet[16] & 0xff;
    if (header < HEADER_V4
        || header + ICMP_HEADER > packet.length
        || laterFragment
        || source == 0
        || source >= 224
        || destination >= 224
        || packet[9] == ICMP_V4 && isError(packet[header])) {
      return null;
    }
    int quoted = Math.min(packet.length, QUOTED_V4);
    var notice = ByteBuffer.allocate(HEADER_V4 + ICMP_HEADER + quoted);
    notice.put((byte) 0x45).put((byte) TRAFFIC_CLASS).putShort((short) notice.capacity()).putInt(0);
    notice.put((byte) HOP_LIMIT).put((byte) ICMP_V4).putShort((short) 0);
    notice.put(packet, 16, 4).put(packet, 12, 4);
    notice.put((byte) V4_UNREACHABLE).put((byte) V4_HOST).position(HEADER_V4 + ICMP_HEADER);
    notice.put(packet, 0, quoted);
    var bytes = MemorySegment.ofBuffer(notice.rewind());
    store(bytes, 10, sum(bytes, 0, HEADER_V4));
    store(bytes, HEADER_V4 + 2, sum(bytes, HEADER_V4, ICMP_HEADER + quoted));
    return notice.array();
  }

  /** True for every ICMP type that is not a request or a reply. */
  private static boolean isError(byte type) {
    return type != 0 && type != 8 && type != 13 && type != 14;
  }

  private static byte @Nullable [] v6(byte[] packet) {
    boolean fromNobody = true;
    for (int at = 8; at < 24; at++) {
      fromNobody &= packet[at] == 0;
    }
    if (fromNobody
        || packet[8] == (byte) 0xff
        || packet[24] == (byte) 0xff
        || packet[6] == ICMP_V6 && (packet.length == HEADER_V6 || packet[HEADER_V6] >= 0)) {
      return null;
    }
    int quoted = Math.min(packet.length, QUOTED_V6);
    int payload = ICMP_HEADER + quoted;
    var notice = ByteBuffer.allocate(HEADER_V6 + payload);
    notice.putInt(6 << 28 | TRAFFIC_CLASS << 20).putShort((short) payload);
    notice.put((byte) ICMP_V6).put((byte) HOP_LIMIT);
    notice.put(packet, 24, 16).put(packet, 8, 16);
    notice.put((byte) V6_UNREACHABLE).put((byte) V6_ADDRESS).position(HEADER_V6 + ICMP_HEADER);
    notice.put(packet, 0, quoted);
    var bytes = MemorySegment.ofBuffer(notice.rewind());
    long pseudoHeader = sum(bytes, 8, 32) + ofNetworkShort(payload + ICMP_V6);
    store(bytes, HEADER_V6 + 2, pseudoHeader + sum(bytes, HEADER_V6, payload));
    return notice.array();
  }
}
