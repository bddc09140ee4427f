package dev.wiremesh.wireguard.offload;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A TCP or UDP packet, built and checked octet by octet, as slowly and plainly as possible.
 *
 * @param v4 IPv4, else IPv6
 * @param tcp TCP, else UDP
 * @param host last octet of the source address, to make flows
 * @param id of IPv4
 * @param tcpOptions a multiple of four octets
 */
record Packet(
    boolean v4,
    boolean tcp,
    int host,
    int id,
    int ttl,
    long sequence,
    long acknowledgement,
    int flags,
    int window,
    byte[] tcpOptions,
    byte[] payload) {
  static final int ACK = 0x10;
  static final int PSH = 0x08;
  static final int FIN = 0x01;

  Packet with(long sequence, int id, int flags, byte[] payload) {
    return new Packet(
        v4, tcp, host, id, ttl, sequence, acknowledgement, flags, window, tcpOptions, payload);
  }

  Packet withTtl(int ttl) {
    return new Packet(
        v4, tcp, host, id, ttl, sequence, acknowledgement, flags, window, tcpOptions, payload);
  }

  Packet withAcknowledgement(long acknowledgement) {
    return new Packet(
        v4, tcp, host, id, ttl, sequence, acknowledgement, flags, window, tcpOptions, payload);
  }

  int ipBytes() {
    return v4 ? 20 : 40;
  }

  int headerBytes() {
    return ipBytes() + (tcp ? 20 + tcpOptions.length : 8);
  }

  int transportChecksumOffset() {
    return tcp ? 16 : 6;
  }

  /** The packet as it is on a wire, with right checksums. */
  byte[] bytes() {
    int length = headerBytes() + payload.length;
    var out = ByteBuffer.allocate(length);
    int transportLength = length - ipBytes();
    if (v4) {
      out.put((byte) 0x45).put((byte) 0).putShort((short) length).putShort((short) id);
      out.putShort((short) 0x4000).put((byte) ttl).put((byte) (tcp ? 6 : 17)).putShort((short) 0);
    } else {
      out.putInt(0x60000000).putShort((short) transportLength);
      out.put((byte) (tcp ? 6 : 17)).put((byte) ttl);
    }
    out.put(address(host)).put(address(99));
    out.putShort((short) 40_000).putShort((short) 443);
    if (tcp) {
      out.putInt((int) sequence).putInt((int) acknowledgement);
      out.put((byte) ((5 + tcpOptions.length / 4) << 4)).put((byte) flags);
      out.putShort((short) window).putShort((short) 0).putShort((short) 0).put(tcpOptions);
    } else {
      out.putShort((short) transportLength).putShort((short) 0);
    }
    out.put(payload);
    if (v4) {
      out.putShort(10, (short) ~sum(Arrays.copyOf(out.array(), 20), 0));
    }
    int field = ipBytes() + transportChecksumOffset();
    var transport = Arrays.copyOfRange(out.array(), ipBytes(), length);
    int checksum = ~sum(transport, pseudoSum(transportLength)) & 0xffff;
    out.putShort(field, (short) (checksum == 0 ? 0xffff : checksum));
    return out.array();
  }

  /** The sum of the pseudo header, as a kernel leaves it in a packet whose checksum is missing. */
  int pseudoSum(int transportLength) {
    var pseudo = ByteBuffer.allocate(v4 ? 12 : 40);
    pseudo.put(address(host)).put(address(99));
    if (v4) {
      pseudo.put((byte) 0).put((byte) (tcp ? 6 : 17)).putShort((short) transportLength);
    } else {
      pseudo.putInt(transportLength).putInt(tcp ? 6 : 17);
    }
    return sum(pseudo.array(), 0);
  }

  private byte[] address(int last) {
    var address = new byte[v4 ? 4 : 16];
    address[0] = (byte) (v4 ? 10 : 0xfd);
    address[address.length - 1] = (byte) last;
    return address;
  }

  /** RFC 1071, sixteen bits at a time. */
  static int sum(byte[] bytes, int start) {
    int sum = start;
    for (int i = 0; i < bytes.length; i += 2) {
      int high = bytes[i] & 0xff;
      int low = i + 1 < bytes.length ? bytes[i + 1] & 0xff : 0;
      sum += high << 8 | low;
      sum = (sum & 0xffff) + (sum >>> 16);
    }
    return sum;
  }
}
