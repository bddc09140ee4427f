package dev.wiremesh.wireguard.offload;

import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.UnaryOperator;

/** A change to the octets of a packet; no checksum is put right again. */
interface Edit extends UnaryOperator<byte[]> {
  /** Turns bits of one octet over. */
  static Edit flip(int at, int bits) {
    return packet -> {
      packet[at] ^= (byte) bits;
      return packet;
    };
  }

  /** Replaces octets. */
  static Edit put(int at, String hex) {
    return packet -> {
      var octets = HexFormat.of().parseHex(hex);
      System.arraycopy(octets, 0, packet, at, octets.length);
      return packet;
    };
  }

  /** Exchanges octets with as many others. */
  static Edit swap(int a, int b, int count) {
    return packet -> {
      var atA = Arrays.copyOfRange(packet, a, a + count);
      System.arraycopy(packet, b, packet, a, count);
      System.arraycopy(atA, 0, packet, b, count);
      return packet;
    };
  }

  /** Truncates the packet without changing its headers. */
  static Edit cut(int length) {
    return packet -> Arrays.copyOf(packet, length);
  }

  default Edit and(Edit other) {
    return packet -> other.apply(apply(packet));
  }
}
