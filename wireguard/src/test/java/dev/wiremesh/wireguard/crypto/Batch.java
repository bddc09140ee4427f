package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * Packets at odd places of a memory, each with room for its tag, and with untouched bytes between
 * them.
 */
final class Batch {
  private static final int TAG = PacketCipher.TAG_LENGTH;
  private static final byte UNTOUCHED = 0x5a;

  /** Offset of packets that are sealed or opened into other memory. */
  private static final int SHIFT = 5;

  /** Of the packets without their tags. */
  final int[] lengths;

  final int[] offsets;
  final MemorySegment memory;

  /** Content of the memory before the packets were written to it. */
  private final byte[] before;

  private Batch(int[] lengths, int[] offsets, MemorySegment memory) {
    this.lengths = lengths;
    this.offsets = offsets;
    this.memory = memory;
    before = content();
  }

  /** Packets with these bytes. */
  static Batch of(List<byte[]> packets, SplittableRandom random) {
    var lengths = packets.stream().mapToInt(packet -> packet.length).toArray();
    var offsets = new int[lengths.length];
    int at = random.nextInt(70);
    for (int i = 0; i < lengths.length; i++) {
      offsets[i] = at;
      at += lengths[i] + TAG + random.nextInt(40);
    }
    var memory = Arena.ofAuto().allocate(at + 64L).fill(UNTOUCHED);
    var batch = new Batch(lengths, offsets, memory);
    for (int i = 0; i < lengths.length; i++) {
      batch.put(i, packets.get(i));
    }
    return batch;
  }

  /** Packets of these lengths, with bytes at random, or all of them 255. */
  static Batch of(int[] lengths, SplittableRandom random) {
    var packets = IntStream.of(lengths).mapToObj(byte[]::new).toList();
    if (random.nextInt(8) == 0) {
      packets.forEach(packet -> Arrays.fill(packet, (byte) 0xff));
    } else {
      packets.forEach(random::nextBytes);
    }
    return of(packets, random);
  }

  /** Packets at the same places of memory that nothing has touched. */
  private Batch elsewhere() {
    var shifted = IntStream.of(offsets).map(offset -> offset + SHIFT).toArray();
    var other = Arena.ofAuto().allocate(memory.byteSize()).fill(UNTOUCHED);
    return new Batch(lengths, shifted, other);
  }

  /** The same memory, before the packets in it are worked on. */
  private Batch inPlace() {
    return new Batch(lengths, offsets, memory);
  }

  /**
   * The packets sealed; if not in place, then out of memory that must not be written.
   *
   * @param firstCounter the first packet's, each next one has the next
   */
  Batch seal(PacketCipher cipher, CipherKey key, long firstCounter, boolean inPlace) {
    var source = inPlace ? memory : memory.asReadOnly();
    var target = inPlace ? inPlace() : elsewhere();
    var sourceBefore = content();
    int count = lengths.length;
    var packets = new PacketLayout(source, offsets, target.memory, target.offsets, lengths);
    cipher.seal(key, packets, 0, count, firstCounter);
    if (!inPlace) {
      assertThat(content()).as("the source").isEqualTo(sourceBefore);
    }
    return target;
  }

  /** Result of opening packets. */
  record Opened(boolean[] authentic, Batch packets) {}

  /** Like {@link #seal}. */
  Opened open(PacketCipher cipher, CipherKey key, long firstCounter, boolean inPlace) {
    var source = inPlace ? memory : memory.asReadOnly();
    var target = inPlace ? inPlace() : elsewhere();
    var sourceBefore = content();
    int count = lengths.length;
    var authentic = new long[(count + 63) / 64];
    var packets = new PacketLayout(source, offsets, target.memory, target.offsets, sealedLengths());
    cipher.open(key, packets, 0, count, counters(firstCounter), authentic);
    if (!inPlace) {
      assertThat(content()).as("the source").isEqualTo(sourceBefore);
    }
    var result = new boolean[count];
    for (int i = 0; i < count; i++) {
      result[i] = (authentic[i / 64] >>> i & 1) == 1;
    }
    return new Opened(result, target);
  }

  int[] sealedLengths() {
    return IntStream.of(lengths).map(length -> length + TAG).toArray();
  }

  long[] counters(long firstCounter) {
    var counters = new long[lengths.length];
    Arrays.setAll(counters, i -> firstCounter + i);
    return counters;
  }

  /** These packets sealed by {@code javax.crypto}. */
  List<byte[]> sealedByTheJdk(CipherKey key, long firstCounter) throws GeneralSecurityException {
    var cipher = Cipher.getInstance("ChaCha20-Poly1305");
    var secret = new SecretKeySpec(key.bytes().toArray(ValueLayout.JAVA_BYTE), "ChaCha20");
    var sealed = new byte[lengths.length][];
    for (int i = 0; i < lengths.length; i++) {
      var nonce = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
      nonce.putInt(key.noncePrefix()).putLong(firstCounter + i);
      cipher.init(Cipher.ENCRYPT_MODE, secret, new IvParameterSpec(nonce.array()));
      cipher.updateAAD(key.associated().toArray(ValueLayout.JAVA_BYTE));
      sealed[i] = cipher.doFinal(packet(i));
    }
    return List.of(sealed);
  }

  void put(int place, byte[] packet) {
    MemorySegment.copy(packet, 0, memory, ValueLayout.JAVA_BYTE, offsets[place], packet.length);
  }

  void flipBit(int at, int bit) {
    memory.set(
        ValueLayout.JAVA_BYTE, at, (byte) (memory.get(ValueLayout.JAVA_BYTE, at) ^ (1 << bit)));
  }

  byte[] packet(int place) {
    return memory.asSlice(offsets[place], lengths[place]).toArray(ValueLayout.JAVA_BYTE);
  }

  /** A packet with its tag. */
  byte[] sealedPacket(int place) {
    return memory.asSlice(offsets[place], lengths[place] + TAG).toArray(ValueLayout.JAVA_BYTE);
  }

  List<byte[]> packets() {
    return IntStream.range(0, lengths.length).mapToObj(this::packet).toList();
  }

  private byte[] content() {
    return memory.toArray(ValueLayout.JAVA_BYTE);
  }

  /** Exactly these packets came into this memory, and nothing else was written. */
  void assertHoldsOnly(List<byte[]> packets) {
    var expected = before.clone();
    for (int i = 0; i < lengths.length; i++) {
      System.arraycopy(packets.get(i), 0, expected, offsets[i], packets.get(i).length);
    }
    assertThat(Arrays.mismatch(content(), expected))
        .as(
            "first byte that is wrong, of packets of %s bytes at %s",
            Arrays.toString(lengths), Arrays.toString(offsets))
        .isEqualTo(-1);
  }
}
