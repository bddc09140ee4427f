package dev.wiremesh.wireguard.crypto;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** Every backend against {@code javax.crypto}, one packet at a time. */
@ParameterizedClass
@MethodSource("backends")
class PacketCipherTest {
  private static final int SLAB_BYTES = 1 << 20;
  private static final byte CANARY = 0x5a;

  private final CipherBackend backend;
  private final long seed = new Random().nextLong();
  private final Random random = new Random(seed);
  private final Arena arena = Arena.ofAuto();
  private final MemorySegment plain = arena.allocate(SLAB_BYTES, 64);
  private final MemorySegment sealed = arena.allocate(SLAB_BYTES, 64);
  private final MemorySegment opened = arena.allocate(SLAB_BYTES, 64);

  PacketCipherTest(CipherBackend backend) {
    this.backend = backend;
  }

  static List<CipherBackend> backends() {
    return CipherBackend.available();
  }

  @Test
  void theSelfTestPasses() {
    assertThat(CipherSelfTest.passes(backend)).isTrue();
  }

  /** RFC 8439 appendix A.1, vector 2: key and nonce zero, so the keystream of block 1. */
  @Test
  void theKeystreamIsThatOfTheRfc() {
    try (var cipher = backend.newCipher()) {
      cipher.seal(
          new CipherKey(new byte[32]),
          plain,
          new int[] {0},
          sealed,
          new int[] {0},
          new int[] {64},
          0,
          1,
          0);
      assertThat(HexFormat.of().formatHex(sealed.asSlice(0, 64).toArray(ValueLayout.JAVA_BYTE)))
          .isEqualTo(
              "9f07e7be5551387a98ba977c732d080dcb0f29a048e3656912c6533e32ee7aed"
                  + "29b721769ce64e43d57133b074d839d531ed1f28510afb45ace10a1f4b794d6f");
    }
  }

  @Test
  void randomBatchesAreThoseOfTheJdk() throws GeneralSecurityException {
    try (var cipher = backend.newCipher()) {
      for (int round = 0; round < 200; round++) {
        var batch = new Batch(1 + random.nextInt(64), 2000);
        long counter = round % 4 == 0 ? (1L << 32) - 1 - random.nextInt(64) : random.nextLong();
        boolean inPlace = random.nextBoolean();
        var target = inPlace ? plain : sealed;
        var expected = batch.sealedByJdk(counter);
        target.asSlice(0, inPlace ? 0 : SLAB_BYTES).fill(CANARY);
        cipher.seal(
            batch.key,
            plain,
            batch.offsets,
            target,
            batch.offsets,
            batch.lengths,
            0,
            batch.count,
            counter);
        for (int i = 0; i < batch.count; i++) {
          assertThat(bytes(target, batch.offsets[i], batch.lengths[i] + 16))
              .as("seed %d round %d packet %d of %d bytes", seed, round, i, batch.lengths[i])
              .isEqualTo(expected[i]);
          assertThat(target.get(ValueLayout.JAVA_BYTE, batch.end(i))).isEqualTo(CANARY);
        }
        opensAgain(cipher, batch, target, counter);
      }
    }
  }

  private void opensAgain(
      PacketCipher cipher, Batch batch, MemorySegment source, long firstCounter) {
    int bad = random.nextInt(batch.count);
    long bit = batch.offsets[bad] + random.nextInt(batch.lengths[bad] + 16);
    source.set(
        ValueLayout.JAVA_BYTE,
        bit,
        (byte) (source.get(ValueLayout.JAVA_BYTE, bit) ^ 1 << random.nextInt(8)));
    var counters = new long[batch.count];
    Arrays.setAll(counters, i -> firstCounter + i);
    var authentic = new long[] {random.nextLong(), 0};
    long beyond = authentic[0] & ~mask(batch.count);
    var target = random.nextBoolean() ? source : opened;
    if (target.equals(opened)) {
      opened.fill(CANARY);
    }
    cipher.open(
        batch.key,
        source,
        batch.offsets,
        target,
        batch.offsets,
        Arrays.stream(batch.lengths).map(n -> n + 16).toArray(),
        0,
        batch.count,
        counters,
        authentic);
    assertThat(authentic[0])
        .as("seed %d", seed)
        .isEqualTo(mask(batch.count) & ~(1L << bad) | beyond);
    for (int i = 0; i < batch.count; i++) {
      if (i != bad) {
        assertThat(bytes(target, batch.offsets[i], batch.lengths[i]))
            .isEqualTo(batch.plaintexts[i]);
      }
      assertThat(target.get(ValueLayout.JAVA_BYTE, batch.end(i))).isEqualTo(CANARY);
    }
  }

  @Test
  void theSamePacketOpensAsOftenAsItComes() {
    try (var cipher = backend.newCipher()) {
      var batch = new Batch(1, 100);
      cipher.seal(batch.key, plain, batch.offsets, sealed, batch.offsets, batch.lengths, 0, 1, 7);
      for (int i = 0; i < 3; i++) {
        var authentic = new long[1];
        cipher.open(
            batch.key,
            sealed,
            batch.offsets,
            opened,
            batch.offsets,
            new int[] {batch.lengths[0] + 16},
            0,
            1,
            new long[] {7},
            authentic);
        assertThat(authentic[0]).isEqualTo(1);
      }
    }
  }

  @Test
  void aPartOfABatchLeavesTheRestAlone() {
    try (var cipher = backend.newCipher()) {
      var batch = new Batch(10, 100);
      var before = bytes(plain, 0, SLAB_BYTES);
      cipher.seal(batch.key, plain, batch.offsets, plain, batch.offsets, batch.lengths, 4, 2, 7);
      assertThat(bytes(plain, 0, batch.offsets[4]))
          .isEqualTo(Arrays.copyOf(before, batch.offsets[4]));
      assertThat(bytes(plain, batch.offsets[6], 100))
          .isEqualTo(Arrays.copyOfRange(before, batch.offsets[6], batch.offsets[6] + 100));
    }
  }

  private static long mask(int count) {
    return count == 64 ? -1 : (1L << count) - 1;
  }

  private static byte[] bytes(MemorySegment segment, long offset, int length) {
    return segment.asSlice(offset, length).toArray(ValueLayout.JAVA_BYTE);
  }

  /** Packets at odd places in the plain slab, a canary behind the room for each tag. */
  private final class Batch {
    private final int count;
    private final byte[] keyBytes = new byte[32];
    private final CipherKey key;
    private final int[] offsets;
    private final int[] lengths;
    private final byte[][] plaintexts;

    Batch(int count, int maxLength) {
      this.count = count;
      random.nextBytes(keyBytes);
      key = new CipherKey(keyBytes);
      offsets = new int[count];
      lengths = new int[count];
      plaintexts = new byte[count][];
      plain.fill(CANARY);
      int at = random.nextInt(64);
      for (int i = 0; i < count; i++) {
        offsets[i] = at;
        lengths[i] = random.nextInt(8) == 0 ? 0 : random.nextInt(maxLength + 1);
        plaintexts[i] = new byte[lengths[i]];
        random.nextBytes(plaintexts[i]);
        MemorySegment.copy(plaintexts[i], 0, plain, ValueLayout.JAVA_BYTE, at, lengths[i]);
        at += lengths[i] + 16 + 1 + random.nextInt(40);
      }
    }

    long end(int i) {
      return offsets[i] + lengths[i] + 16L;
    }

    byte[][] sealedByJdk(long firstCounter) throws GeneralSecurityException {
      var results = new byte[count][];
      for (int i = 0; i < count; i++) {
        var nonce = new byte[12];
        for (int b = 0; b < 8; b++) {
          nonce[4 + b] = (byte) (firstCounter + i >>> (8 * b));
        }
        var cipher = Cipher.getInstance("ChaCha20-Poly1305");
        cipher.init(
            Cipher.ENCRYPT_MODE,
            new SecretKeySpec(keyBytes, "ChaCha20"),
            new IvParameterSpec(nonce));
        results[i] = cipher.doFinal(plaintexts[i]);
      }
      return results;
    }
  }
}
