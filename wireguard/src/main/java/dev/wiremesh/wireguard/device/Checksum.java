package dev.wiremesh.wireguard.device;

import java.nio.ByteBuffer;

/** The Internet checksum of packets that we make ourselves (RFC 1071). */
final class Checksum {
  private Checksum() {}

  /** Sum of 16-bit words; an odd last byte is padded with zero. */
  static long sum(ByteBuffer packet, int from, int to) {
    long sum = 0;
    for (int at = from; at + 1 < to; at += Short.BYTES) {
      sum += Short.toUnsignedInt(packet.getShort(at));
    }
    return (to - from) % 2 == 0 ? sum : sum + (Byte.toUnsignedInt(packet.get(to - 1)) << Byte.SIZE);
  }

  static short of(long sum) {
    long folded = (sum & 0xffff) + (sum >>> 16);
    return (short) ~((folded & 0xffff) + (folded >>> 16));
  }
}
