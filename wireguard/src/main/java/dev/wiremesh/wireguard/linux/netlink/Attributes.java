package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;

/** The attributes behind the fixed header of a message, or inside another attribute. */
final class Attributes {
  private static final int TYPE_MASK = 0x3fff;
  private static final int HEADER_BYTES = 4;

  /** Size of {@code struct rtnexthop}: short length, byte flags, byte hops, int interface. */
  private static final int NEXT_HOP_BYTES = 8;

  private final Map<Integer, ByteBuffer> values = new HashMap<>();

  private Attributes() {}

  /** Reads all attributes from the buffer's position to its limit; a torn last one is left out. */
  static Attributes parse(ByteBuffer buffer) {
    var attributes = new Attributes();
    int at = buffer.position();
    while (buffer.limit() - at >= HEADER_BYTES) {
      int length = Short.toUnsignedInt(buffer.getShort(at));
      int type = Short.toUnsignedInt(buffer.getShort(at + 2)) & TYPE_MASK;
      if (length < HEADER_BYTES || length > buffer.limit() - at) {
        break;
      }
      attributes.values.put(
          type, buffer.slice(at + HEADER_BYTES, length - HEADER_BYTES).order(buffer.order()));
      at += (length + 3) & ~3;
    }
    return attributes;
  }

  boolean has(int type) {
    return values.containsKey(type);
  }

  int intOr(int type, int fallback) {
    var value = values.get(type);
    return value == null || value.remaining() < Integer.BYTES ? fallback : value.getInt(0);
  }

  int byteOr(int type, int fallback) {
    var value = values.get(type);
    return value == null || !value.hasRemaining() ? fallback : Byte.toUnsignedInt(value.get(0));
  }

  /** A string without its terminating zero; empty if there is no such attribute. */
  String string(int type) {
    var value = values.get(type);
    if (value == null) {
      return "";
    }
    var bytes = new byte[value.remaining()];
    value.get(0, bytes);
    int length = bytes.length > 0 && bytes[bytes.length - 1] == 0 ? bytes.length - 1 : bytes.length;
    return new String(bytes, 0, length, StandardCharsets.UTF_8);
  }

  @Nullable IpAddress address(int type) {
    var value = values.get(type);
    if (value == null || (value.remaining() != 4 && value.remaining() != 16)) {
      return null;
    }
    var bytes = new byte[value.remaining()];
    value.get(0, bytes);
    return IpAddress.of(bytes);
  }

  /** An address that follows its family, as in {@code struct rtvia}. */
  @Nullable IpAddress addressWithFamily(int type) {
    var value = values.get(type);
    if (value == null || (value.remaining() != 2 + 4 && value.remaining() != 2 + 16)) {
      return null;
    }
    var bytes = new byte[value.remaining() - 2];
    value.get(2, bytes);
    return IpAddress.of(bytes);
  }

  /**
   * Reads an attribute that is a list of {@code struct rtnexthop}, each with attributes of its own.
   *
   * @param reader gets the interface and the attributes of each next hop
   */
  void forEachNextHop(int type, ObjIntConsumer<Attributes> reader) {
    var value = values.get(type);
    if (value == null) {
      return;
    }
    int at = 0;
    while (value.limit() - at >= NEXT_HOP_BYTES) {
      int length = Short.toUnsignedInt(value.getShort(at));
      if (length < NEXT_HOP_BYTES || length > value.limit() - at) {
        return;
      }
      var inside = value.slice(at + NEXT_HOP_BYTES, length - NEXT_HOP_BYTES).order(value.order());
      reader.accept(parse(inside), value.getInt(at + 4));
      at += (length + 3) & ~3;
    }
  }

  /** The attributes inside an attribute; none if it is missing. */
  Attributes nested(int type) {
    var value = values.get(type);
    return value == null ? new Attributes() : parse(value.duplicate().order(value.order()));
  }

  /** Element {@code index} of an attribute that is an array of ints. */
  int arrayElementOr(int type, int index, int fallback) {
    var value = values.get(type);
    int at = index * Integer.BYTES;
    return value == null || value.remaining() < at + Integer.BYTES ? fallback : value.getInt(at);
  }
}
