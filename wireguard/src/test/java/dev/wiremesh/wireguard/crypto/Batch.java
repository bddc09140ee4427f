package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/** Packets at odd places with untouched bytes between them. */
final class Batch {
  private static final int TAG = PacketCipher.TAG_LENGTH;
  private static final byte UNTOUCHED = 0x5a;

  final int[] lengths;
  final int[] offsets;
  final MemorySegment memory;
  final List<byte[]> originals = new ArrayList<>();

  Batch(int[] lengths, SplittableRandom random) {
    this(lengths, places(lengths, random), bytes(Arrays.stream(lengths).sum(), random));
  }

  Batch(int[] lengths, int[] offsets, byte[] content) {
    this.lengths = lengths;
    this.offsets = offsets;
    int last = lengths.length - 1;
    memory = Arena.ofAuto().allocate(offsets[last] + lengths[last] + 64L).fill(UNTOUCHED);
    int from = 0;
    for (int i = 0; i < lengths.length; i++) {
      var packet = Arrays.copyOfRange(content, from, from + lengths[i]);
      from += lengths[i];
      originals.add(packet);
      MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, offsets[i], packet.length);
    }
  }

  private static int[] places(int[] lengths, SplittableRandom random) {
    var offsets = new int[lengths.length];
    int at = random.nextInt(70);
    for (int i = 0; i < lengths.length; i++) {
      offsets[i] = at;
      at += lengths[i] + TAG + random.nextInt(40);
    }
    return offsets;
  }

  private static byte[] bytes(int count, SplittableRandom random) {
    var bytes = new byte[count];
    if (random.nextInt(8) == 0) {
      Arrays.fill(bytes, (byte) 0xff);
    } else {
      random.nextBytes(bytes);
    }
    return bytes;
  }

  byte[] content() {
    return memory.toArray(ValueLayout.JAVA_BYTE);
  }

  /** What must stand in memory when the packets are sealed in place. */
  byte[] expected(byte[] key, long firstCounter) throws GeneralSecurityException {
    var expected = content();
    var cipher = Cipher.getInstance("ChaCha20-Poly1305");
    for (int i = 0; i < lengths.length; i++) {
      var nonce = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
      nonce.putInt(0).putLong(firstCounter + i);
      cipher.init(
          Cipher.ENCRYPT_MODE,
          new SecretKeySpec(key, "ChaCha20"),
          new IvParameterSpec(nonce.array()));
      cipher.doFinal(originals.get(i), 0, lengths[i], expected, offsets[i]);
    }
    return expected;
  }

  byte[] sealWith(CipherBackend backend, byte[] key, long firstCounter) {
    try (var cipher = backend.newCipher()) {
      cipher.seal(
          new CipherKey(key),
          memory,
          offsets,
          memory,
          offsets,
          lengths,
          0,
          lengths.length,
          firstCounter);
    }
    return content();
  }

  /** Memory that was untouched, after the packets were sealed into it. */
  byte[] sealAside(CipherBackend backend, byte[] key, long firstCounter) {
    var destination = Arena.ofAuto().allocate(memory.byteSize()).fill(UNTOUCHED);
    try (var cipher = backend.newCipher()) {
      cipher.seal(
          new CipherKey(key),
          memory,
          offsets,
          destination,
          offsets,
          lengths,
          0,
          lengths.length,
          firstCounter);
    }
    return destination.toArray(ValueLayout.JAVA_BYTE);
  }

  byte[] onlySealed(byte[] expected) {
    var only = new byte[expected.length];
    Arrays.fill(only, UNTOUCHED);
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(expected, offsets[i], only, offsets[i], lengths[i] + TAG);
    }
    return only;
  }

  boolean[] openWith(CipherBackend backend, byte[] key, long firstCounter) {
    var authentic = new long[(lengths.length + 63) / 64];
    try (var cipher = backend.newCipher()) {
      open(cipher, key, 0, lengths.length, firstCounter, authentic);
    }
    var result = new boolean[lengths.length];
    for (int i = 0; i < result.length; i++) {
      result[i] = (authentic[i / 64] >>> i & 1) == 1;
    }
    return result;
  }

  void open(PacketCipher cipher, byte[] key, int from, int count, long[] authentic) {
    open(cipher, key, from, count, 0, authentic);
  }

  private void open(
      PacketCipher cipher, byte[] key, int from, int count, long firstCounter, long[] authentic) {
    var sealedLengths = new int[lengths.length];
    var counters = new long[lengths.length];
    for (int i = 0; i < lengths.length; i++) {
      sealedLengths[i] = lengths[i] + TAG;
      counters[i] = firstCounter + i;
    }
    cipher.open(
        new CipherKey(key),
        memory,
        offsets,
        memory,
        offsets,
        sealedLengths,
        from,
        count,
        counters,
        authentic);
  }

  void flipBit(int at, int bit) {
    memory.set(
        ValueLayout.JAVA_BYTE, at, (byte) (memory.get(ValueLayout.JAVA_BYTE, at) ^ (1 << bit)));
  }

  boolean holdsOriginals() {
    var content = content();
    for (int i = 0; i < lengths.length; i++) {
      var packet = Arrays.copyOfRange(content, offsets[i], offsets[i] + lengths[i]);
      if (!Arrays.equals(packet, originals.get(i))) {
        return false;
      }
    }
    return true;
  }
}
