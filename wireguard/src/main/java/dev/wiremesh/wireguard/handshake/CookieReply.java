package dev.wiremesh.wireguard.handshake;

import static java.util.Arrays.copyOfRange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Cookie reply message (whitepaper section 5.4.7).
 *
 * @param receiver sender index of the message that this replies to
 */
public record CookieReply(int receiver, byte[] nonce, byte[] encryptedCookie) {

  /** Reads a message of {@link MessageType#COOKIE_REPLY_LENGTH} bytes. */
  public static CookieReply parse(byte[] message) {
    return new CookieReply(
        ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(4),
        copyOfRange(message, 8, 32),
        copyOfRange(message, 32, 64));
  }

  public byte[] toBytes() {
    return ByteBuffer.allocate(MessageType.COOKIE_REPLY_LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MessageType.COOKIE_REPLY)
        .putInt(receiver)
        .put(nonce)
        .put(encryptedCookie)
        .array();
  }
}
