package dev.wiremesh.wireguard.handshake;

import static java.util.Arrays.copyOfRange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Handshake response message (whitepaper section 5.4.3), without its MACs.
 *
 * @param sender the responder's index
 * @param receiver the initiator's index
 */
public record Response(int sender, int receiver, byte[] ephemeral, byte[] encryptedNothing) {

  /** Reads a message of {@link MessageType#RESPONSE_LENGTH} bytes. */
  public static Response parse(byte[] message) {
    var buffer = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    return new Response(
        buffer.getInt(4),
        buffer.getInt(8),
        copyOfRange(message, 12, 44),
        copyOfRange(message, 44, 60));
  }

  /** The encoded message, with zeros in place of the MACs. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(MessageType.RESPONSE_LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MessageType.RESPONSE)
        .putInt(sender)
        .putInt(receiver)
        .put(ephemeral)
        .put(encryptedNothing)
        .array();
  }
}
