package dev.wiremesh.wireguard.crypto;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** ChaCha20's rounds, slowly, for tests (RFC 8439 section 2.3, draft-irtf-cfrg-xchacha 2.2). */
final class HChaCha20 {
  private static final int[] CONSTANTS = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};

  private HChaCha20() {}

  /** The key of XChaCha20 for the first 16 bytes of a nonce. */
  static byte[] derive(byte[] key, byte[] nonce) {
    int[] state = state(key, words(nonce, 4));
    rounds(state);
    int[] result = Arrays.copyOf(state, 8);
    System.arraycopy(state, 12, result, 4, 4);
    return bytes(result);
  }

  /** A block of ChaCha20's keystream; the last four words are block number and nonce. */
  static byte[] block(byte[] key, int... lastWords) {
    int[] initial = state(key, lastWords);
    int[] state = initial.clone();
    rounds(state);
    for (int i = 0; i < state.length; i++) {
      state[i] += initial[i];
    }
    return bytes(state);
  }

  private static int[] state(byte[] key, int[] lastWords) {
    int[] state = Arrays.copyOf(CONSTANTS, 16);
    System.arraycopy(words(key, 8), 0, state, 4, 8);
    System.arraycopy(lastWords, 0, state, 12, 4);
    return state;
  }

  private static void rounds(int[] s) {
    for (int i = 0; i < 10; i++) {
      for (int column = 0; column < 4; column++) {
        quarter(s, column, 4 + column, 8 + column, 12 + column);
      }
      for (int column = 0; column < 4; column++) {
        quarter(s, column, 4 + (column + 1) % 4, 8 + (column + 2) % 4, 12 + (column + 3) % 4);
      }
    }
  }

  private static void quarter(int[] s, int a, int b, int c, int d) {
    s[a] += s[b];
    s[d] = Integer.rotateLeft(s[d] ^ s[a], 16);
    s[c] += s[d];
    s[b] = Integer.rotateLeft(s[b] ^ s[c], 12);
    s[a] += s[b];
    s[d] = Integer.rotateLeft(s[d] ^ s[a], 8);
    s[c] += s[d];
    s[b] = Integer.rotateLeft(s[b] ^ s[c], 7);
  }

  private static int[] words(byte[] bytes, int count) {
    var words = new int[count];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(words);
    return words;
  }

  private static byte[] bytes(int[] words) {
    var buffer = ByteBuffer.allocate(4 * words.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(words);
    return buffer.array();
  }
}
