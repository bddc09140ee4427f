package dev.wiremesh.wireguard.handshake;

/** Message types, the first four bytes of a datagram in little-endian order, and their lengths. */
public final class MessageType {
  public static final int INITIATION = 1;
  public static final int RESPONSE = 2;
  public static final int COOKIE_REPLY = 3;
  public static final int DATA = 4;

  public static final int INITIATION_LENGTH = 148;
  public static final int RESPONSE_LENGTH = 92;
  public static final int COOKIE_REPLY_LENGTH = 64;

  /** Type, receiver index and counter in front of each data packet. */
  public static final int DATA_HEADER_LENGTH = 16;

  private MessageType() {}

  /** True if a datagram of this type and length can be a handshake message. */
  public static boolean isHandshake(int type, int length) {
    return type == INITIATION && length == INITIATION_LENGTH
        || type == RESPONSE && length == RESPONSE_LENGTH
        || type == COOKIE_REPLY && length == COOKIE_REPLY_LENGTH;
  }
}
