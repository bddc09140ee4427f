package dev.wiremesh.wireguard.crypto.selection;

import dev.wiremesh.wireguard.crypto.CipherBackend;
import dev.wiremesh.wireguard.crypto.CipherKey;
import dev.wiremesh.wireguard.crypto.PacketCipher;
import dev.wiremesh.wireguard.crypto.PacketLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;

/**
 * Test packets for two backends: compares their results and measures their times. Owned by one
 * thread.
 */
final class BenchmarkPackets implements CipherBenchmark.CipherWorkload, AutoCloseable {
  /** Length and number of the packets of one round: bulk, small ones in batches, single ones. */
  private static final int[][] SHAPES = {{1420, 24}, {120, 24}, {1420, 1}, {64, 1}, {200, 3}};

  /** Lengths around which mixed batches vary. */
  private static final int[] BORDERS = {0, 16, 32, 64, 128, 192, 256, 320, 512, 1024, 1440};

  private static final int SLOT = 1536;
  private static final int SLOTS = 24;

  private final Arena arena = Arena.ofConfined();
  private final PacketCipher incumbent;
  private final PacketCipher candidate;
  private final MemorySegment plain;
  private final MemorySegment sealed;
  private final MemorySegment expected;
  private final MemorySegment opened;
  private final CipherKey key = new CipherKey(patternedKey());
  private final int[] offsets = new int[SLOTS];
  private final int[] plainLengths = new int[SLOTS];
  private final int[] sealedLengths = new int[SLOTS];
  private final PacketLayout toSealed;
  private final PacketLayout toExpected;
  private final PacketLayout toOpened;
  private final long[] counters = new long[SLOTS];
  private final long[] authentic = new long[1];
  private final SplittableRandom random = new SplittableRandom(1);
  private long counter;

  BenchmarkPackets(CipherBackend incumbent, CipherBackend candidate) {
    this.incumbent = incumbent.newCipher();
    this.candidate = candidate.newCipher();
    plain = arena.allocate(SLOT * SLOTS, 64);
    sealed = arena.allocate(SLOT * SLOTS, 64);
    expected = arena.allocate(SLOT * SLOTS, 64);
    opened = arena.allocate(SLOT * SLOTS, 64);
    for (long i = 0; i < plain.byteSize(); i++) {
      plain.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 37 + (i >>> 8)));
    }
    for (int i = 0; i < SLOTS; i++) {
      offsets[i] = i * SLOT + i % 16;
    }
    toSealed = new PacketLayout(plain, offsets, sealed, offsets, plainLengths);
    toExpected = new PacketLayout(plain, offsets, expected, offsets, plainLengths);
    toOpened = new PacketLayout(sealed, offsets, opened, offsets, sealedLengths);
  }

  @Override
  public void requireSameResults() {
    for (int[] shape : SHAPES) {
      requireSameResults(shape[0], shape[1]);
    }
  }

  @Override
  public long incumbentNanos() {
    return timeOfAllShapes(incumbent);
  }

  @Override
  public long candidateNanos() {
    return timeOfAllShapes(candidate);
  }

  private long timeOfAllShapes(PacketCipher cipher) {
    long total = 0;
    for (int[] shape : SHAPES) {
      prepare(shape[0], shape[1]);
      long begin = System.nanoTime();
      seal(cipher, toSealed, shape[1]);
      open(cipher, shape[1]);
      total += System.nanoTime() - begin;
    }
    return total;
  }

  /**
   * Mixed batches of all lengths. Compiled code is discarded when it meets a case that it has not
   * seen before, and until it is compiled again a packet takes a thousand times as long; so all
   * cases must occur here.
   */
  @Override
  public void runMixture() {
    int count = 1 + random.nextInt(random.nextInt(3) == 0 ? 3 : SLOTS);
    prepare(0, count);
    boolean equal = random.nextInt(2) == 0;
    int one = someLength();
    for (int i = 0; i < count; i++) {
      plainLengths[i] = equal ? one : someLength();
      sealedLengths[i] = plainLengths[i] + PacketCipher.TAG_LENGTH;
    }
    seal(candidate, toSealed, count);
    open(candidate, count);
  }

  private int someLength() {
    return Math.max(0, BORDERS[random.nextInt(BORDERS.length)] + random.nextInt(-20, 20));
  }

  private void prepare(int length, int count) {
    counter += count;
    for (int i = 0; i < count; i++) {
      plainLengths[i] = length;
      sealedLengths[i] = length + PacketCipher.TAG_LENGTH;
      counters[i] = counter + i;
    }
  }

  private void seal(PacketCipher cipher, PacketLayout packets, int count) {
    cipher.seal(key, packets, 0, count, counter);
  }

  private void open(PacketCipher cipher, int count) {
    cipher.open(key, toOpened, 0, count, counters, authentic);
  }

  private void requireSameResults(int length, int count) {
    prepare(length, count);
    expected.fill((byte) 0);
    sealed.fill((byte) 0);
    opened.fill((byte) 0);
    authentic[0] = 0;
    seal(incumbent, toExpected, count);
    seal(candidate, toSealed, count);
    require(expected.mismatch(sealed) == -1, "seals differently");
    open(candidate, count);
    require(authentic[0] == (1L << count) - 1, "refuses what is authentic");
    for (int i = 0; i < count; i++) {
      var original = plain.asSlice(offsets[i], length);
      require(original.mismatch(opened.asSlice(offsets[i], length)) == -1, "opens differently");
    }
    long touched = offsets[count - 1] + length / 2;
    var octet = ValueLayout.JAVA_BYTE;
    sealed.set(octet, touched, (byte) (sealed.get(octet, touched) ^ 0x10));
    open(candidate, count);
    require(authentic[0] == (1L << (count - 1)) - 1, "accepts what is not authentic");
  }

  private static void require(boolean right, String otherwise) {
    if (!right) {
      throw new IllegalStateException("the cipher backend " + otherwise);
    }
  }

  private static byte[] patternedKey() {
    var bytes = new byte[CipherKey.LENGTH];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (0x80 + i);
    }
    return bytes;
  }

  @Override
  public void close() {
    key.wipe();
    incumbent.close();
    candidate.close();
    arena.close();
  }
}
