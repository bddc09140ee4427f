package dev.wiremesh.wireguard.handshake;

import static java.util.Arrays.copyOfRange;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Handshake initiation message (whitepaper section 5.4.2), without its MACs.
 *
 * @param sender the initiator's index
 */
public record Initiation(
    int sender, byte[] ephemeral, byte[] encryptedStatic, byte[] encryptedTimestamp) {

  /** Reads a message of {@link MessageType#INITIATION_LENGTH} bytes. */
  public static Initiation parse(byte[] message) {
    return new Initiation(
        ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN).getInt(4),
        copyOfRange(message, 8, 40),
        copyOfRange(message, 40, 88),
        copyOfRange(message, 88, 116));
  }

  /** The encoded message, with zeros in place of the MACs. */
  public byte[] toBytes() {
    return ByteBuffer.allocate(MessageType.INITIATION_LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(MessageType.INITIATION)
        .putInt(sender)
        .put(ephemeral)
        .put(encryptedStatic)
        .put(encryptedTimestamp)
        .array();
  }
}
