package dev.wiremesh.wireguard.engine;

import dev.wiremesh.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** IP packets that say which number they are. */
final class Packets {
  private static final int IPV4_HEADER = 20;
  private static final int IPV6_HEADER = 40;

  private Packets() {}

  /** A packet with a payload of {@code length} bytes, at least 4. */
  static byte[] packet(String source, String destination, int number, int length) {
    var from = IpAddress.parse(source);
    var to = IpAddress.parse(destination);
    ByteBuffer buffer;
    if (from.isV4()) {
      buffer = ByteBuffer.allocate(IPV4_HEADER + length);
      buffer.put((byte) 0x45).put((byte) 0).putShort((short) buffer.capacity());
      buffer.position(8).put((byte) 64).put((byte) 17).putShort((short) 0);
    } else {
      buffer = ByteBuffer.allocate(IPV6_HEADER + length);
      buffer.putInt(6 << 28).putShort((short) length).put((byte) 17).put((byte) 64);
    }
    buffer.put(from.toBytes()).put(to.toBytes()).putInt(number);
    return buffer.array();
  }

  static byte[] packet(String source, String destination, int number) {
    return packet(source, destination, number, 32);
  }

  static int number(byte[] packet) {
    return ByteBuffer.wrap(packet).getInt((packet[0] & 0xf0) == 0x40 ? IPV4_HEADER : IPV6_HEADER);
  }

  static int[] numbers(Iterable<byte[]> packets) {
    int[] numbers = new int[0];
    for (byte[] packet : packets) {
      numbers = Arrays.copyOf(numbers, numbers.length + 1);
      numbers[numbers.length - 1] = number(packet);
    }
    return numbers;
  }
}
