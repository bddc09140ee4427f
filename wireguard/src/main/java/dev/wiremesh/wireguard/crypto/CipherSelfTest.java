package dev.wiremesh.wireguard.crypto;

import static dev.wiremesh.wireguard.crypto.PacketLayout.inPlace;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Known-answer test that a backend must pass before use: known answers of several lengths in one
 * batch, and the rejection of a flipped bit. The tag is a function of the whole ciphertext, so the
 * right tag means the right ciphertext.
 */
final class CipherSelfTest {
  private static final int[] LENGTHS = {0, 1, 64, 114, 1420};
  private static final String[] TAGS = {
    "280060e27d0d3581cc4b8f43b83be7f9",
    "fc4393a0d5c68b5c3f498c9eb475b923",
    "1e783abaf2eb4812179ee10815c0b895",
    "c91569c424c696a565744fc6780b15b5",
    "bb1dc24419fd58635c0318449100be50",
  };
  private static final long COUNTER = 0x0123456789abcdefL;
  private static final int STRIDE = 2048;

  private CipherSelfTest() {}

  static boolean passes(CipherBackend backend) {
    try (var arena = Arena.ofConfined();
        var cipher = backend.newCipher()) {
      return sealsAndOpens(cipher, arena.allocate((long) STRIDE * LENGTHS.length, 64));
    }
  }

  private static boolean sealsAndOpens(PacketCipher cipher, MemorySegment packets) {
    var key = new CipherKey(keyBytes());
    int[] offsets = new int[LENGTHS.length];
    for (int i = 0; i < LENGTHS.length; i++) {
      offsets[i] = i * STRIDE + i;
      fill(packets.asSlice(offsets[i], LENGTHS[i]));
    }
    cipher.seal(key, inPlace(packets, offsets, LENGTHS), 0, LENGTHS.length, COUNTER);
    for (int i = 0; i < LENGTHS.length; i++) {
      var tag = packets.asSlice(offsets[i] + (long) LENGTHS[i], PacketCipher.TAG_LENGTH);
      if (!HexFormat.of().formatHex(tag.toArray(ValueLayout.JAVA_BYTE)).equals(TAGS[i])) {
        return false;
      }
    }
    int last = LENGTHS.length - 1;
    flipBit(packets, offsets[last] + 1000L);
    int[] sealed = Arrays.stream(LENGTHS).map(n -> n + PacketCipher.TAG_LENGTH).toArray();
    var counters = new long[LENGTHS.length];
    Arrays.setAll(counters, i -> COUNTER + i);
    var authentic = new long[1];
    cipher.open(key, inPlace(packets, offsets, sealed), 0, LENGTHS.length, counters, authentic);
    return authentic[0] == (1L << last) - 1 && isFilled(packets.asSlice(offsets[3], LENGTHS[3]));
  }

  private static byte[] keyBytes() {
    var key = new byte[CipherKey.LENGTH];
    for (int i = 0; i < key.length; i++) {
      key[i] = (byte) (0x80 + i);
    }
    return key;
  }

  private static void fill(MemorySegment plaintext) {
    for (int i = 0; i < plaintext.byteSize(); i++) {
      plaintext.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 31));
    }
  }

  private static boolean isFilled(MemorySegment plaintext) {
    for (int i = 0; i < plaintext.byteSize(); i++) {
      if (plaintext.get(ValueLayout.JAVA_BYTE, i) != (byte) (i * 31)) {
        return false;
      }
    }
    return true;
  }

  private static void flipBit(MemorySegment packets, long at) {
    packets.set(ValueLayout.JAVA_BYTE, at, (byte) (packets.get(ValueLayout.JAVA_BYTE, at) ^ 1));
  }
}
