package dev.wiremesh.wireguard.handshake;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.wireguard.noise.Blake2s;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;

/**
 * MAC1 key and cookie key of a receiver, both derived from its public key (whitepaper sections
 * 5.4.4 and 5.4.7). MAC1 is 32 bytes before the end of a message, MAC2 16 bytes before it.
 */
record MacKeys(byte[] mac1, byte[] cookie) {
  private static final byte[] MAC1_LABEL = "mac1----".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] COOKIE_LABEL = "cookie--".getBytes(StandardCharsets.US_ASCII);

  static MacKeys of(PublicKey receiver) {
    byte[] key = receiver.toBytes();
    return new MacKeys(Blake2s.hash(MAC1_LABEL, key), Blake2s.hash(COOKIE_LABEL, key));
  }

  static byte[] mac1Of(byte[] message) {
    int from = mac1Offset(message);
    return Arrays.copyOfRange(message, from, from + Blake2s.MAC_LENGTH);
  }

  static byte[] writeMac1(byte[] message, byte[] key) {
    return write(message, mac1Offset(message), key);
  }

  static void writeMac2(byte[] message, byte[] cookie) {
    write(message, mac2Offset(message), cookie);
  }

  static boolean hasMac1(byte[] message, byte[] key) {
    return has(message, mac1Offset(message), key);
  }

  static boolean hasMac2(byte[] message, byte[] cookie) {
    return has(message, mac2Offset(message), cookie);
  }

  /** True if the MAC2 field is not all zeros. */
  static boolean carriesMac2(byte[] message) {
    for (int i = mac2Offset(message); i < message.length; i++) {
      if (message[i] != 0) {
        return true;
      }
    }
    return false;
  }

  private static byte[] write(byte[] message, int at, byte[] key) {
    byte[] mac = Blake2s.macOfPrefix(key, message, at);
    System.arraycopy(mac, 0, message, at, mac.length);
    return mac;
  }

  private static boolean has(byte[] message, int at, byte[] key) {
    return MessageDigest.isEqual(
        Blake2s.macOfPrefix(key, message, at),
        Arrays.copyOfRange(message, at, at + Blake2s.MAC_LENGTH));
  }

  private static int mac1Offset(byte[] message) {
    return message.length - 2 * Blake2s.MAC_LENGTH;
  }

  private static int mac2Offset(byte[] message) {
    return message.length - Blake2s.MAC_LENGTH;
  }
}
