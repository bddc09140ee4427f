package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.Width.LONG_LANES;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/**
 * Packets that are processed together, at most one for each lane of {@link Poly1305}: applies their
 * keystream and computes their tags. Owned by one thread.
 */
final class PacketLanes {
  /**
   * Columns between two calls of Poly1305, few enough that their ciphertext is still in the cache.
   */
  private static final int COLUMNS_AT_ONCE = 24;

  private static final int STRIPES_AT_ONCE = Scratch.MAX_STEPS;

  /** Packets of a group may differ by so many columns; the rest of the longer ones is slower. */
  static final int UNEVEN_COLUMNS = 4;

  private static final long[] EVERY_LANE = firstLanes(LONG_LANES);
  private static final long[] LANE_0 = firstLanes(1);

  /** {@code EXPONENTS[b]}: one in each lane whose exponent less one has bit b, else zero. */
  private static final long[][] EXPONENTS = exponentBits();

  private final Scratch scratch;

  // One element per packet.
  private final long[] sources = new long[LONG_LANES];
  private final long[] destinations = new long[LONG_LANES];
  private final long[] keystreams = new long[LONG_LANES];
  private final int[] lengths = new int[LONG_LANES];
  private final long[] restBlocks = new long[LONG_LANES];

  // The same for all packets of a batch; whole blocks lie there, zeros behind the data.
  private long associated;
  private long associatedLength;

  // One-time keys of Poly1305, clamped r in limbs and s, and the tags, as halves.
  private final long[] rLow = new long[LONG_LANES];
  private final long[] rHigh = new long[LONG_LANES];
  private final long[] sLow = new long[LONG_LANES];
  private final long[] sHigh = new long[LONG_LANES];
  private final long[] tagLow = new long[LONG_LANES];
  private final long[] tagHigh = new long[LONG_LANES];

  private final long[] h = new long[Poly1305.ACCUMULATOR];
  private final long[] limbs = new long[Poly1305.ACCUMULATOR];
  private final long[] r = new long[Poly1305.MULTIPLIER];
  private final long[] rPower = new long[Poly1305.MULTIPLIER];
  private final long[] rPowers = new long[Poly1305.MULTIPLIER];

  private final long[][] secrets = {rLow, rHigh, sLow, sHigh, h, limbs, r, rPower, rPowers};

  PacketLanes(Scratch scratch) {
    this.scratch = scratch;
  }

  /** Takes the associated data of the packets to come, as its key holds it. */
  void associate(MemorySegment data) {
    associated = data.address();
    associatedLength = data.byteSize();
  }

  /**
   * Puts a packet into a lane.
   *
   * @param block0 its keystream: 64 bytes of which the first 32 are the key of its tag, then what
   *     is added to the packet
   */
  void set(int lane, long source, long destination, long block0, int length) {
    sources[lane] = source;
    destinations[lane] = destination;
    keystreams[lane] = block0 + ChaCha20.BLOCK;
    lengths[lane] = length;
    rLow[lane] = NativeMemory.getLong(block0);
    rHigh[lane] = NativeMemory.getLong(block0 + 8);
    sLow[lane] = NativeMemory.getLong(block0 + 16);
    sHigh[lane] = NativeMemory.getLong(block0 + 24);
  }

  /** Works on the packets in lanes 0 to {@code members - 1}; the one in lane 0 is the shortest. */
  void together(boolean sealing, int members) {
    int columns = lengths[0] / Keystream.COLUMN;
    for (int lane = members; lane % Keystream.QUAD != 0; lane++) {
      repeat(lane & -Keystream.QUAD, lane);
    }
    Poly1305.limbsOfKey(rLow, rHigh, limbs);
    Poly1305.multiplierOf(limbs, r);
    Poly1305.absorb(limbs, r, scratch.zeros, 1, EVERY_LANE, 0);
    Poly1305.multiplierOf(limbs, rPower);
    Arrays.fill(h, 0);
    if (associatedLength > 0) {
      absorbAssociated(EVERY_LANE);
    }
    for (int from = 0; from < columns; from += COLUMNS_AT_ONCE) {
      int to = Math.min(from + COLUMNS_AT_ONCE, columns);
      for (int lane = 0; lane < members; lane += Keystream.QUAD) {
        Keystream.applyToFour(
            sealing, sources, destinations, keystreams, lane, from, to, rowOf(lane));
      }
      Poly1305.absorbPairs(h, r, rPower, scratch.rows, to - from);
    }
    Arrays.fill(restBlocks, 0);
    int steps = 0;
    for (int lane = 0; lane < members; lane++) {
      int blocks = applyToRest(sealing, lane, columns * Keystream.COLUMN);
      restBlocks[lane] = blocks;
      steps = Math.max(steps, blocks);
    }
    Poly1305.absorb(h, r, scratch.rows, steps, restBlocks, Poly1305.TOP_BIT);
    Poly1305.tags(h, sLow, sHigh, tagLow, tagHigh);
  }

  /** Works on the packet in lane 0 alone. */
  void alone(boolean sealing) {
    Arrays.fill(rLow, rLow[0]);
    Arrays.fill(rHigh, rHigh[0]);
    Poly1305.limbsOfKey(rLow, rHigh, limbs);
    Poly1305.multiplierOf(limbs, r);
    Arrays.fill(h, 0);
    if (associatedLength > 0) {
      absorbAssociated(LANE_0); // which takes the first block of the packet next
    }
    int stripes = lengths[0] / Keystream.STRIPE;
    if (stripes > 0) {
      absorbStripes(sealing, stripes);
      Poly1305.sumLanes(h);
    }
    Arrays.fill(restBlocks, 0);
    int blocks = applyToRest(sealing, 0, stripes * Keystream.STRIPE);
    restBlocks[0] = blocks;
    Poly1305.absorb(h, r, scratch.rows, blocks, restBlocks, Poly1305.TOP_BIT);
    Poly1305.tags(h, sLow, sHigh, tagLow, tagHigh);
  }

  /** The message begins with the associated data, in each of these lanes the same. */
  private void absorbAssociated(long[] lanes) {
    long end = associated + associatedLength;
    long stride = (long) Poly1305.BLOCK * Scratch.MAX_STEPS;
    for (long from = associated; from < end; from += stride) {
      long to = Math.min(from + stride, end);
      int steps = Poly1305.spread(from, to, scratch.rows);
      Poly1305.absorb(h, r, scratch.rows, steps, lanes, Poly1305.TOP_BIT);
    }
  }

  /**
   * Every lane takes every n-th block (n being the number of lanes): each step multiplies by r^n,
   * and the last one by the power that is due to the lane's place, r^n in lane 0 to r in the last.
   */
  private void absorbStripes(boolean sealing, int stripes) {
    Poly1305.multiplierOf(limbs, rPower);
    for (long[] lanesWithBit : EXPONENTS) {
      Poly1305.absorb(limbs, rPower, scratch.zeros, 1, lanesWithBit, 0);
      Poly1305.multiplierOfLane0(limbs, rPower);
    }
    Poly1305.multiplierOf(limbs, rPowers);
    for (int from = 0; from < stripes; from += STRIPES_AT_ONCE) {
      int count = Math.min(STRIPES_AT_ONCE, stripes - from);
      long at = (long) from * Keystream.STRIPE;
      Keystream.applyToOne(
          sealing, sources[0] + at, destinations[0] + at, keystreams[0] + at, count, scratch.rows);
      boolean last = from + count == stripes;
      int steps = last ? count - 1 : count;
      Poly1305.absorb(h, rPower, scratch.rows, steps, EVERY_LANE, Poly1305.TOP_BIT);
      if (last) {
        long row = scratch.rows + (long) Poly1305.STEP * steps;
        Poly1305.absorb(h, rPowers, row, 1, EVERY_LANE, Poly1305.TOP_BIT);
      }
    }
  }

  private int applyToRest(boolean sealing, int lane, int done) {
    return Keystream.applyToRest(
        sealing,
        sources[lane] + done,
        destinations[lane] + done,
        keystreams[lane] + done,
        lengths[lane] - done,
        lengths[lane],
        associatedLength,
        rowOf(lane));
  }

  private long rowOf(int lane) {
    return scratch.rows + (long) Long.BYTES * lane;
  }

  private void repeat(int lane, int in) {
    sources[in] = sources[lane];
    destinations[in] = destinations[lane];
    keystreams[in] = keystreams[lane];
  }

  /** Writes the tag of a sealed packet behind it. */
  void writeTag(int lane) {
    long at = destinations[lane] + lengths[lane];
    NativeMemory.putLong(at, tagLow[lane]);
    NativeMemory.putLong(at + Long.BYTES, tagHigh[lane]);
  }

  /** 1 if the tag behind the source is right, else 0; takes the same time for both. */
  long tagIsRight(int lane) {
    long at = sources[lane] + lengths[lane];
    long difference =
        (NativeMemory.getLong(at) ^ tagLow[lane])
            | (NativeMemory.getLong(at + Long.BYTES) ^ tagHigh[lane]);
    return ((difference | -difference) >>> 63) ^ 1;
  }

  /** Wipes the tag keys and the reference to the associated data. */
  void wipe() {
    associate(MemorySegment.NULL);
    for (long[] secret : secrets) {
      Arrays.fill(secret, 0);
    }
  }

  /** For {@link Poly1305#absorb}: the first lanes take all blocks, the others none. */
  private static long[] firstLanes(int count) {
    var blocks = new long[LONG_LANES];
    Arrays.fill(blocks, 0, count, Long.MAX_VALUE);
    return blocks;
  }

  private static long[][] exponentBits() {
    var bits = new long[Integer.numberOfTrailingZeros(LONG_LANES)][LONG_LANES];
    for (int bit = 0; bit < bits.length; bit++) {
      for (int lane = 0; lane < LONG_LANES; lane++) {
        bits[bit][lane] = ((LONG_LANES - 1 - lane) >>> bit) & 1;
      }
    }
    return bits;
  }
}
