package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.wireguard.crypto.vector.VectorCipherBackend;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every backend of this machine against the JDK's cipher, packet by packet. */
@ParameterizedClass(name = "{0}")
@MethodSource("backends")
class CipherBackendsTest {
  private static final int TAG = PacketCipher.TAG_LENGTH;

  private final PacketCipher cipher;

  /** The JDK's refuses to seal twice in a row under one nonce. */
  private final PacketCipher secondCipher;

  CipherBackendsTest(CipherBackend backend) {
    cipher = backend.newCipher();
    secondCipher = backend.newCipher();
  }

  @AfterEach
  void close() {
    cipher.close();
    secondCipher.close();
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
    roundTrip(random, mixedLengths(random));
  }

  /** No WireGuard packet has any: the whole AEAD of RFC 8439. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void agreesWithTheJdkOnNoncesAndAssociatedDataOfAllLengths(long seed)
      throws GeneralSecurityException {
    var random = new SplittableRandom(seed);
    for (int length = 0; length <= 70; length++) {
      var key = aeadKey(random, length);
      roundTrip(random, key, new int[] {random.nextInt(2001)});
      roundTrip(random, key, someLengths(random, 1 + random.nextInt(40)));
    }
    roundTrip(random, aeadKey(random, random.nextInt(71)), mixedLengths(random));
    roundTrip(random, aeadKey(random, 5000), mixedLengths(random));
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 0xffff_fff8L, 0x1_0000_0000L, -20, Long.MAX_VALUE - 3})
  void countsBeyondTheBordersOfWords(long firstCounter) throws GeneralSecurityException {
    var lengths = new int[16];
    Arrays.fill(lengths, 100);
    var random = new SplittableRandom(firstCounter);
    roundTrip(random, new CipherKey(new byte[CipherKey.LENGTH]), lengths, firstCounter);
  }

  @Test
  void refusesEachTouchedPacketAndNoOther() {
    var random = new SplittableRandom(13);
    for (int round = 0; round < 60; round++) {
      int count = 1 + random.nextInt(100);
      var key = round % 2 == 0 ? sessionKey(random) : aeadKey(random, random.nextInt(71));
      var batch = Batch.of(someLengths(random, count), random);
      var plain = batch.packets();
      var sealed = batch.seal(cipher, key, 3, true);
      var expected = new boolean[count];
      Arrays.fill(expected, true);
      for (int touch = 0; touch < 1 + round % 4; touch++) {
        int i = random.nextInt(count);
        if (expected[i]) {
          int at = sealed.offsets[i] + random.nextInt(sealed.lengths[i] + TAG);
          sealed.flipBit(at, random.nextInt(8));
          expected[i] = false;
        }
      }
      var opened = sealed.open(cipher, key, 3, round % 3 == 0);
      assertThat(opened.authentic()).isEqualTo(expected);
      for (int i = 0; i < count; i++) {
        if (expected[i]) {
          assertThat(opened.packets().packet(i)).isEqualTo(plain.get(i));
        }
      }
    }
  }

  /** Changed associated data: one byte more or less, another byte, or none. */
  @Test
  void refusesPacketsOfOtherNoncesAndAssociatedData() {
    var random = new SplittableRandom(14);
    var key = new byte[CipherKey.LENGTH];
    var batch = Batch.of(new int[] {0, 64, 1420, 9}, random);
    var sealed = batch.seal(cipher, new CipherKey(key, 7, new byte[16]), 3, false);
    for (var other :
        List.of(
            new CipherKey(key),
            new CipherKey(key, 7, new byte[0]),
            new CipherKey(key, 6, new byte[16]),
            new CipherKey(key, 7, new byte[15]),
            new CipherKey(key, 7, new byte[17]),
            new CipherKey(key, 7, HexFormat.of().parseHex("00000000000000000000000000000001")))) {
      assertThat(sealed.open(cipher, other, 3, false).authentic()).containsOnly(false);
    }
  }

  private static CipherKey sessionKey(SplittableRandom random) {
    return new CipherKey(bytes(random, CipherKey.LENGTH));
  }

  private static CipherKey aeadKey(SplittableRandom random, int associatedLength) {
    var associated = bytes(random, associatedLength);
    return new CipherKey(bytes(random, CipherKey.LENGTH), random.nextInt(), associated);
  }

  private static byte[] bytes(SplittableRandom random, int count) {
    var bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }

  private void roundTrip(SplittableRandom random, int[] lengths) throws GeneralSecurityException {
    roundTrip(random, sessionKey(random), lengths);
  }

  private void roundTrip(SplittableRandom random, CipherKey key, int[] lengths)
      throws GeneralSecurityException {
    roundTrip(random, key, lengths, random.nextLong());
  }

  private void roundTrip(SplittableRandom random, CipherKey key, int[] lengths, long firstCounter)
      throws GeneralSecurityException {
    var batch = Batch.of(lengths, random);
    var plain = batch.packets();
    var expected = batch.sealedByTheJdk(key, firstCounter);
    var apart = batch.seal(cipher, key, firstCounter, false);
    apart.assertHoldsOnly(expected);
    var inPlace = batch.seal(secondCipher, key, firstCounter, true);
    inPlace.assertHoldsOnly(expected);
    for (var opened :
        List.of(
            apart.open(cipher, key, firstCounter, false),
            inPlace.open(cipher, key, firstCounter, true))) {
      assertThat(opened.authentic()).containsOnly(true);
      opened.packets().assertHoldsOnly(plain);
    }
  }

  /** Of each magnitude, with the shortest and the longest. */
  private static int[] mixedLengths(SplittableRandom random) {
    var lengths = new int[24];
    Arrays.setAll(lengths, i -> random.nextInt(1 << random.nextInt(1, 17)));
    lengths[random.nextInt(lengths.length)] = 65_535;
    lengths[random.nextInt(lengths.length)] = 0;
    return lengths;
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
