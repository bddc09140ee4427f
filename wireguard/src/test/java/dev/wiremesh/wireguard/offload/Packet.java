package dev.wiremesh.wireguard.offload;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A TCP or UDP packet, built and checked octet by octet, as slowly and plainly as possible.
 *
 * @param v4 IPv4, else IPv6
 * @param tcp TCP, else UDP
 * @param host last octet of the source address, to make flows
 * @param df of IPv4: may not be fragmented
 * @param id of IPv4
 * @param ipOptions of IPv4, a multiple of four octets; of IPv6 one header of hop-by-hop options, a
 *     multiple of eight, whose first octet is replaced
 * @param tcpOptions a multiple of four octets
 */
record Packet(
    boolean v4,
    boolean tcp,
    int host,
    boolean df,
    int id,
    byte[] ipOptions,
    long sequence,
    long acknowledgement,
    int flags,
    int window,
    byte[] tcpOptions,
    byte[] payload) {
  static final int FIN = 0x01;
  static final int SYN = 0x02;
  static final int RST = 0x04;
  static final int PSH = 0x08;
  static final int ACK = 0x10;
  static final int URG = 0x20;
  static final int ECE = 0x40;
  static final int CWR = 0x80;

  static final int TTL = 64;

  /** A hundred octets of zeros, from host 1. */
  static Packet sample(boolean v4, boolean tcp) {
    return new Packet(
        v4,
        tcp,
        1,
        true,
        7,
        new byte[0],
        1000,
        0x5000_0000,
        ACK,
        500,
        tcp ? new byte[] {1, 1, 8, 10} : new byte[0],
        new byte[100]);
  }

  Packet with(long sequence, int id, int flags, byte[] payload) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withHost(int host) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withId(boolean df, int id) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withIpOptions(byte... ipOptions) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withFlags(int flags) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withTcpOptions(byte... tcpOptions) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, payload);
  }

  Packet withPayload(int octets) {
    return copy(host, df, id, ipOptions, sequence, flags, tcpOptions, new byte[octets]);
  }

  /** The packet that is so many packets later in the flow. */
  Packet later(int packets) {
    return with(sequence + (long) packets * payload.length, id + packets, flags, payload);
  }

  private Packet copy(
      int host,
      boolean df,
      int id,
      byte[] ipOptions,
      long sequence,
      int flags,
      byte[] tcpOptions,
      byte[] payload) {
    return new Packet(
        v4,
        tcp,
        host,
        df,
        id,
        ipOptions,
        sequence,
        acknowledgement,
        flags,
        window,
        tcpOptions,
        payload);
  }

  /** Bytes before TCP or UDP. */
  int ipBytes() {
    return (v4 ? 20 : 40) + ipOptions.length;
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
    byte protocol = (byte) (tcp ? 6 : 17);
    if (v4) {
      out.put((byte) (0x45 + ipOptions.length / 4)).put((byte) 0);
      out.putShort((short) length).putShort((short) id);
      out.putShort((short) (df ? 0x4000 : 0)).put((byte) TTL).put(protocol).putShort((short) 0);
    } else {
      out.putInt(0x60000000).putShort((short) (length - 40));
      out.put(ipOptions.length > 0 ? 0 : protocol).put((byte) TTL);
    }
    out.put(address(host)).put(address(99)).put(ipOptions);
    if (!v4 && ipOptions.length > 0) {
      out.put(40, protocol).put(41, (byte) (ipOptions.length / 8 - 1));
    }
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
      out.putShort(10, (short) ~sum(Arrays.copyOf(out.array(), ipBytes()), 0));
    }
    int field = ipBytes() + transportChecksumOffset();
    var transport = Arrays.copyOfRange(out.array(), ipBytes(), length);
    int checksum = ~sum(transport, pseudoSum(transportLength)) & 0xffff;
    out.putShort(field, (short) (checksum == 0 ? 0xffff : checksum));
    return out.array();
  }

  /** The packet without its checksum, as a kernel with checksum offload passes it. */
  byte[] bytesWithoutChecksum() {
    var bytes = bytes();
    int sum = pseudoSum(bytes.length - ipBytes());
    ByteBuffer.wrap(bytes).putShort(ipBytes() + transportChecksumOffset(), (short) sum);
    return bytes;
  }

  /** The sum of the pseudo header, as a kernel leaves it in a packet whose checksum is missing. */
  private int pseudoSum(int transportLength) {
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
  private static int sum(byte[] bytes, int start) {
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
