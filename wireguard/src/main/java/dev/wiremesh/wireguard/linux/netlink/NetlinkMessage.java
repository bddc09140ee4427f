package dev.wiremesh.wireguard.linux.netlink;

import java.nio.ByteBuffer;

/**
 * A message from the kernel. The body is a view of the receive buffer, valid until the next message
 * is received.
 *
 * @param type an {@code RTM_} or {@code NLMSG_} number
 * @param body the bytes after the netlink header, in native byte order
 */
record NetlinkMessage(int type, int flags, int sequence, ByteBuffer body) {
  static final int ERROR = 2;
  static final int DONE = 3;

  static final int DUMP_INTERRUPTED = 0x10;
  static final int CAPPED = 0x100;
  static final int HAS_ACK_ATTRIBUTES = 0x200;

  int u8(int offset) {
    return Byte.toUnsignedInt(body.get(offset));
  }

  int i32(int offset) {
    return body.getInt(offset);
  }

  /** The attributes behind a fixed header of {@code headerBytes}. */
  Attributes attributes(int headerBytes) {
    return Attributes.parse(
        body.slice(headerBytes, body.limit() - headerBytes).order(body.order()));
  }
}
