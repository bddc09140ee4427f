package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A message to the kernel under construction: netlink header, the fixed header of its family, then
 * attributes, all in native byte order and padded to four bytes.
 */
final class NetlinkRequest {
  static final int REQUEST = 0x1;
  static final int ACK = 0x4;
  static final int DUMP = 0x300;
  static final int REPLACE = 0x100;
  static final int EXCLUSIVE = 0x200;
  static final int CREATE = 0x400;

  static final int HEADER_BYTES = 16;

  private static final int SEQUENCE_OFFSET = 8;
  private static final int MAX_BYTES = 4096;
  private static final int NESTED = 0x8000;

  private final ByteBuffer buffer = ByteBuffer.allocate(MAX_BYTES).order(ByteOrder.nativeOrder());

  NetlinkRequest(int type, int flags) {
    boolean dump = (flags & DUMP) == DUMP;
    buffer.putInt(0).putShort((short) type);
    buffer.putShort((short) (flags | REQUEST | (dump ? 0 : ACK)));
    buffer.putInt(0).putInt(0);
  }

  NetlinkRequest u8(int value) {
    buffer.put((byte) value);
    return this;
  }

  NetlinkRequest u16(int value) {
    buffer.putShort((short) value);
    return this;
  }

  NetlinkRequest u32(int value) {
    buffer.putInt(value);
    return this;
  }

  NetlinkRequest attribute(int type, int value) {
    return attribute(type, content -> content.buffer.putInt(value));
  }

  /** A port, which unlike other numbers is in network byte order. */
  NetlinkRequest port(int type, int port) {
    return attribute(type, content -> content.buffer.put((byte) (port >>> 8)).put((byte) port));
  }

  NetlinkRequest attribute(int type, byte value) {
    return attribute(type, content -> content.buffer.put(value));
  }

  /** A string with its terminating zero. */
  NetlinkRequest attribute(int type, String value) {
    return attribute(
        type, content -> content.buffer.put(value.getBytes(StandardCharsets.UTF_8)).put((byte) 0));
  }

  NetlinkRequest attribute(int type, IpAddress address) {
    return attribute(type, content -> content.buffer.put(address.toBytes()));
  }

  NetlinkRequest nested(int type, Consumer<NetlinkRequest> content) {
    return attribute(type | NESTED, content);
  }

  private NetlinkRequest attribute(int type, Consumer<NetlinkRequest> content) {
    int start = buffer.position();
    buffer.putShort((short) 0).putShort((short) type);
    content.accept(this);
    buffer.putShort(start, (short) (buffer.position() - start));
    while (buffer.position() % 4 != 0) {
      buffer.put((byte) 0);
    }
    return this;
  }

  /** The whole message under the given sequence number. */
  ByteBuffer encode(int sequence) {
    buffer.putInt(0, buffer.position()).putInt(SEQUENCE_OFFSET, sequence);
    return buffer.duplicate().flip();
  }
}
