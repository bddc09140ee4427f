package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
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

  private final CipherBackend backend;

  CipherBackendsTest(CipherBackend backend) {
    this.backend = backend;
  }

  /** With CI=true those that a machine ought to have must be there: fewer tests are no success. */
  static List<CipherBackend> backends() {
    var all = new ArrayList<>(CipherBackend.available());
    VectorCipherBackend.find().ifPresent(all::add);
    if ("true".equalsIgnoreCase(System.getenv("CI"))) {
      assertThat(all).extracting(CipherBackend::name).contains("jdk", "libcrypto");
      if (hasWideVectors()) {
        assertThat(all).extracting(CipherBackend::name).contains(VectorCipherBackend.NAME);
      }
    }
    return all;
  }

  /** Narrower ones than these have no backend. */
  private static boolean hasWideVectors() {
    try {
      return Files.readString(Path.of("/proc/cpuinfo")).contains(" avx2 ");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
  @ValueSource(longs = {1, 2, 3})
  void agreesWithTheJdkOnBatchesOfAllLengthsMixed(long seed) throws GeneralSecurityException {
    var random = new SplittableRandom(seed);
    var lengths = new int[24];
    for (int i = 0; i < lengths.length; i++) {
      lengths[i] = random.nextInt(1 << random.nextInt(1, 17)); // of each magnitude
    }
    lengths[random.nextInt(lengths.length)] = 65_535;
    lengths[random.nextInt(lengths.length)] = 0;
    roundTrip(random, lengths);
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
  void opensPacketsFromMemoryThatMustNotBeWritten() {
    var batch = new Batch(new int[] {100, 0, 1421, 65_535}, new SplittableRandom(16));
    var key = new byte[CipherKey.LENGTH];
    batch.sealWith(backend, key, 9);
    var sealedLengths = Arrays.stream(batch.lengths).map(length -> length + TAG).toArray();
    var destination = Arena.ofAuto().allocate(batch.memory.byteSize());
    var authentic = new long[1];
    try (var cipher = backend.newCipher()) {
      cipher.open(
          new CipherKey(key),
          batch.memory.asReadOnly(),
          batch.offsets,
          destination,
          batch.offsets,
          sealedLengths,
          0,
          sealedLengths.length,
          new long[] {9, 10, 11, 12},
          authentic);
    }
    assertThat(authentic[0]).isEqualTo(0b1111);
    for (int i = 0; i < sealedLengths.length; i++) {
      assertThat(
              destination
                  .asSlice(batch.offsets[i], batch.lengths[i])
                  .toArray(ValueLayout.JAVA_BYTE))
          .isEqualTo(batch.originals.get(i));
    }
  }

  @Test
  void refusesRangesBeyondTheMemory() {
    var memory = Arena.ofAuto().allocate(100);
    assertThatThrownBy(() -> seal(memory, memory, 85))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> open(memory, memory, 101))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  @Test
  void refusesWhatIsNoPacket() {
    var memory = Arena.ofAuto().allocate(70_000);
    for (int length : new int[] {-1, 65_536}) {
      assertThatThrownBy(() -> seal(memory, memory, length))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> open(memory, memory, length + TAG))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void refusesMemoryThatItCannotUse() {
    var memory = Arena.ofAuto().allocate(100);
    assertThatThrownBy(() -> seal(memory, memory.asReadOnly(), 10))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> seal(MemorySegment.ofArray(new byte[100]), memory, 10))
        .isInstanceOf(IllegalArgumentException.class);
    var arena = Arena.ofConfined();
    var closed = arena.allocate(100);
    arena.close();
    assertThatThrownBy(() -> open(closed, memory, 50)).isInstanceOf(IllegalStateException.class);
  }

  private void seal(MemorySegment source, MemorySegment destination, int length) {
    var key = new CipherKey(new byte[CipherKey.LENGTH]);
    try (var cipher = backend.newCipher()) {
      cipher.seal(key, source, new int[1], destination, new int[1], new int[] {length}, 0, 1, 0);
    }
  }

  private void open(MemorySegment source, MemorySegment destination, int length) {
    var key = new CipherKey(new byte[CipherKey.LENGTH]);
    try (var cipher = backend.newCipher()) {
      cipher.open(
          key,
          source,
          new int[1],
          destination,
          new int[1],
          new int[] {length},
          0,
          1,
          new long[1],
          new long[1]);
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
}
