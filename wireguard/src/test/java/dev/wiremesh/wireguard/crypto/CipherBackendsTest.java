package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every backend that this machine offers does the same as the JDK's cipher, packet by packet. */
@ParameterizedClass(name = "{0}")
@MethodSource("backends")
class CipherBackendsTest {
  private static final int TAG = PacketCipher.TAG_LENGTH;
  private static final byte UNTOUCHED = 0x5a;

  private final CipherBackend backend;

  CipherBackendsTest(CipherBackend backend) {
    this.backend = backend;
  }

  static List<CipherBackend> backends() {
    var all = new ArrayList<>(CipherBackend.available());
    VectorCipherBackend.find().ifPresent(all::add);
    return all;
  }

  /**
   * RFC 8439 section 2.8.2 has a nonce and associated data that no WireGuard packet has, so this is
   * the key and text of that section under a WireGuard nonce; the ciphertext is javax.crypto's.
   */
  @Test
  void sealsTheKnownText() throws GeneralSecurityException {
    var key =
        HexFormat.of().parseHex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f");
    var text =
        ("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the"
                + " future, sunscreen would be it.")
            .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    var batch = new Batch(new int[] {text.length}, new int[] {0}, text);
    assertThat(batch.sealWith(backend, key, 7)).isEqualTo(batch.expected(key, 7));
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void agreesWithTheJdkOnRandomBatches(long seed) throws GeneralSecurityException {
    var random = new SplittableRandom(seed);
    for (int round = 0; round < 12; round++) {
      int count = 1 + random.nextInt(128);
      var lengths = someLengths(random, count);
      roundTrip(random, lengths);
    }
  }

  @Test
  void agreesWithTheJdkOnEveryLength() throws GeneralSecurityException {
    var random = new SplittableRandom(11);
    for (int length = 0; length < 420; length++) {
      roundTrip(random, new int[] {length});
      var nine = new int[9];
      Arrays.fill(nine, length);
      roundTrip(random, nine);
    }
  }

  @Test
  void takesPacketsOfAllSizesThatIpCanCarry() throws GeneralSecurityException {
    var random = new SplittableRandom(12);
    roundTrip(random, new int[] {65_535});
    roundTrip(random, new int[] {65_535, 0, 65_519, 9_000, 1, 65_535});
    var jumbo = new int[20];
    Arrays.fill(jumbo, 8_921);
    roundTrip(random, jumbo);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0xffff_fff8L, 0x1_0000_0000L, -20, Long.MAX_VALUE - 3})
  void countsBeyondTheBordersOfWords(long firstCounter) throws GeneralSecurityException {
    var lengths = new int[16];
    Arrays.fill(lengths, 100);
    var batch = new Batch(lengths, new SplittableRandom(firstCounter));
    var key = new byte[CipherKey.LENGTH];
    assertThat(batch.sealWith(backend, key, firstCounter))
        .isEqualTo(batch.expected(key, firstCounter));
    assertThat(batch.openWith(backend, key, firstCounter)).containsOnly(true);
  }

  @Test
  void refusesEachTouchedPacketAndNoOther() {
    var random = new SplittableRandom(13);
    var key = new byte[CipherKey.LENGTH];
    for (int round = 0; round < 60; round++) {
      int count = 1 + random.nextInt(100);
      var batch = new Batch(someLengths(random, count), random);
      batch.sealWith(backend, key, 3);
      var expected = new boolean[count];
      Arrays.fill(expected, true);
      for (int touch = 0; touch < 1 + round % 4; touch++) {
        int i = random.nextInt(count);
        if (expected[i]) {
          int at = batch.offsets[i] + random.nextInt(batch.lengths[i] + TAG);
          batch.flipBit(at, random.nextInt(8));
          expected[i] = false;
        }
      }
      assertThat(batch.openWith(backend, key, 3)).isEqualTo(expected);
    }
  }

  @Test
  void leavesTheOtherBitsOfTheResultAlone() {
    var batch = new Batch(new int[] {10, 20, 30, 40}, new SplittableRandom(14));
    var key = new byte[CipherKey.LENGTH];
    batch.sealWith(backend, key, 0);
    batch.flipBit(batch.offsets[2], 0);
    var authentic = new long[] {0xf0f0_f0f0_f0f0_f0f0L | 0b0101};
    try (var cipher = backend.newCipher()) {
      batch.open(cipher, key, 1, 2, authentic);
    }
    assertThat(authentic[0]).isEqualTo(0xf0f0_f0f0_f0f0_f0f0L | 0b0011);
  }

  @Test
  void readsPacketsFromMemoryThatMustNotBeWritten() {
    var batch = new Batch(new int[] {100, 200}, new SplittableRandom(15));
    var key = new byte[CipherKey.LENGTH];
    var source = batch.memory.asReadOnly();
    var destination = Arena.ofAuto().allocate(batch.memory.byteSize());
    try (var cipher = backend.newCipher()) {
      cipher.seal(
          new CipherKey(key),
          source,
          batch.offsets,
          destination,
          batch.offsets,
          batch.lengths,
          0,
          2,
          9);
    }
    var sealed = batch.sealWith(backend, key, 9);
    for (int i = 0; i < 2; i++) {
      assertThat(
              destination
                  .asSlice(batch.offsets[i], batch.lengths[i] + TAG)
                  .toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(
              Arrays.copyOfRange(
                  sealed, batch.offsets[i], batch.offsets[i] + batch.lengths[i] + TAG));
    }
  }

  @Test
  void refusesRangesBeyondTheMemory() {
    var memory = Arena.ofAuto().allocate(100);
    var key = new CipherKey(new byte[CipherKey.LENGTH]);
    var zero = new int[1];
    try (var cipher = backend.newCipher()) {
      assertThatThrownBy(
              () -> cipher.seal(key, memory, zero, memory, zero, new int[] {85}, 0, 1, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  private void roundTrip(SplittableRandom random, int[] lengths) throws GeneralSecurityException {
    var key = new byte[CipherKey.LENGTH];
    random.nextBytes(key);
    long counter = random.nextLong();
    var batch = new Batch(lengths, random);
    var expected = batch.expected(key, counter);
    var aside = batch.sealAside(backend, key, counter);
    assertThat(Arrays.mismatch(batch.sealWith(backend, key, counter), expected))
        .as("first byte that is wrong, in place")
        .isEqualTo(-1);
    assertThat(Arrays.mismatch(aside, batch.onlySealed(expected)))
        .as("first byte that is wrong, in other memory")
        .isEqualTo(-1);
    assertThat(batch.openWith(backend, key, counter)).containsOnly(true);
    assertThat(batch.holdsOriginals()).isTrue();
  }

  private static int[] someLengths(SplittableRandom random, int count) {
    int base = random.nextInt(2001);
    int shape = random.nextInt(4);
    var lengths = new int[count];
    for (int i = 0; i < count; i++) {
      lengths[i] =
          switch (shape) {
            case 0 -> random.nextInt(2001);
            case 1 -> base;
            case 2 -> i == count - 1 ? random.nextInt(base + 1) : base;
            default -> i % 2 == 0 ? random.nextInt(200) : base;
          };
    }
    return lengths;
  }

  /** Packets at odd places with untouched bytes between them. */
  private static final class Batch {
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
}
