package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.ALL;
import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.LITTLE;
import static dev.wiremesh.wireguard.crypto.vector.Width.INTS;
import static dev.wiremesh.wireguard.crypto.vector.Width.INT_LANES;
import static jdk.incubator.vector.VectorOperators.ROL;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;

/**
 * The ChaCha20 block function (RFC 8439 section 2.3) on as many blocks as a vector has lanes.
 * Vector i holds word i of every block; block number and the counter in the nonce differ from lane
 * to lane, so that the blocks of several packets, and their Poly1305 keys (block 0), fill the lanes
 * without gaps.
 *
 * <p>The shape is dictated by C2: the rounds are one method, because sixteen vectors live in
 * registers through them; loads and stores are written out, because calls to methods of our own are
 * no longer inlined in a method of that size, and then every vector becomes an object; adding the
 * initial state and transposing are methods of their own, because C1 gives up on larger ones.
 */
final class ChaCha20 {
  static final int BLOCK = 64;

  /** Initial state and working state: 16 vectors of the widest kind each. */
  static final int STATE_BYTES = 16 * 64;

  /** Distance of two vectors in a state, the same for both widths. */
  private static final int ROW = 64;

  private static final int[] CONSTANTS = {0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  private static final IntVector IOTA = IntVector.zero(INTS).addIndex(1);

  private static final IntVector LOW_1 = lowHalves(1);
  private static final IntVector HIGH_1 = highHalves(1);
  private static final IntVector LOW_2 = lowHalves(2);
  private static final IntVector HIGH_2 = highHalves(2);
  private static final IntVector LOW_4 = lowHalves(4);
  private static final IntVector HIGH_4 = highHalves(4);
  private static final IntVector LOW_8 = lowHalves(8 % INT_LANES);
  private static final IntVector HIGH_8 = highHalves(8 % INT_LANES);

  private ChaCha20() {}

  /** Writes constants, key and the nonce's first word into all lanes of the initial state. */
  static void expandKey(long key, int noncePrefix, long initial) {
    for (int i = 0; i < 4; i++) {
      IntVector.broadcast(INTS, CONSTANTS[i]).intoMemorySegment(ALL, initial + ROW * i, LITTLE);
    }
    for (int i = 0; i < 8; i++) {
      IntVector.broadcast(INTS, NativeMemory.getInt(key + Integer.BYTES * i))
          .intoMemorySegment(ALL, initial + ROW * (4 + i), LITTLE);
    }
    IntVector.broadcast(INTS, noncePrefix).intoMemorySegment(ALL, initial + 13 * ROW, LITTLE);
  }

  /**
   * Gives lanes to the blocks 0 to {@code count - 1} of one packet; may write up to one vector more
   * behind them, which the next packet overwrites.
   */
  static void assignLanes(
      long blockNumbers, long nonceLow, long nonceHigh, int firstLane, int count, long counter) {
    var low = IntVector.broadcast(INTS, (int) counter);
    var high = IntVector.broadcast(INTS, (int) (counter >>> 32));
    for (int i = 0; i < count; i += INT_LANES) {
      long offset = (long) Integer.BYTES * (firstLane + i);
      IOTA.add(i).intoMemorySegment(ALL, blockNumbers + offset, LITTLE);
      low.intoMemorySegment(ALL, nonceLow + offset, LITTLE);
      high.intoMemorySegment(ALL, nonceHigh + offset, LITTLE);
    }
  }

  /** Computes one vector of blocks, one behind the other at {@code keystream}. */
  static void blocks(
      long initial,
      long working,
      long blockNumbers,
      long nonceLow,
      long nonceHigh,
      long keystream) {
    rounds(initial, working, blockNumbers, nonceLow, nonceHigh);
    if (INT_LANES == 16) {
      transposeEightWords(initial, working, working, ROW);
      transposeEightWords(initial + 8 * ROW, working + 8 * ROW, working + 8 * ROW, ROW);
      joinHalves(working, keystream);
    } else {
      transposeEightWords(initial, working, keystream, BLOCK);
      transposeEightWords(initial + 8 * ROW, working + 8 * ROW, keystream + BLOCK / 2, BLOCK);
    }
  }

  /** Twenty rounds; leaves the initial state of these lanes and the state after the rounds. */
  private static void rounds(
      long initial, long working, long blockNumbers, long nonceLow, long nonceHigh) {
    var v0 = IntVector.fromMemorySegment(INTS, ALL, initial, LITTLE);
    var v1 = IntVector.fromMemorySegment(INTS, ALL, initial + ROW, LITTLE);
    var v2 = IntVector.fromMemorySegment(INTS, ALL, initial + 2 * ROW, LITTLE);
    var v3 = IntVector.fromMemorySegment(INTS, ALL, initial + 3 * ROW, LITTLE);
    var v4 = IntVector.fromMemorySegment(INTS, ALL, initial + 4 * ROW, LITTLE);
    var v5 = IntVector.fromMemorySegment(INTS, ALL, initial + 5 * ROW, LITTLE);
    var v6 = IntVector.fromMemorySegment(INTS, ALL, initial + 6 * ROW, LITTLE);
    var v7 = IntVector.fromMemorySegment(INTS, ALL, initial + 7 * ROW, LITTLE);
    var v8 = IntVector.fromMemorySegment(INTS, ALL, initial + 8 * ROW, LITTLE);
    var v9 = IntVector.fromMemorySegment(INTS, ALL, initial + 9 * ROW, LITTLE);
    var v10 = IntVector.fromMemorySegment(INTS, ALL, initial + 10 * ROW, LITTLE);
    var v11 = IntVector.fromMemorySegment(INTS, ALL, initial + 11 * ROW, LITTLE);
    var v12 = IntVector.fromMemorySegment(INTS, ALL, blockNumbers, LITTLE);
    var v13 = IntVector.fromMemorySegment(INTS, ALL, initial + 13 * ROW, LITTLE);
    var v14 = IntVector.fromMemorySegment(INTS, ALL, nonceLow, LITTLE);
    var v15 = IntVector.fromMemorySegment(INTS, ALL, nonceHigh, LITTLE);
    v12.intoMemorySegment(ALL, initial + 12 * ROW, LITTLE);
    v14.intoMemorySegment(ALL, initial + 14 * ROW, LITTLE);
    v15.intoMemorySegment(ALL, initial + 15 * ROW, LITTLE);
    for (int round = 0; round < 20; round += 2) {
      // quarter round 0, 4, 8, 12
      v0 = v0.add(v4);
      v12 = v12.lanewise(XOR, v0).lanewise(ROL, 16);
      v8 = v8.add(v12);
      v4 = v4.lanewise(XOR, v8).lanewise(ROL, 12);
      v0 = v0.add(v4);
      v12 = v12.lanewise(XOR, v0).lanewise(ROL, 8);
      v8 = v8.add(v12);
      v4 = v4.lanewise(XOR, v8).lanewise(ROL, 7);
      // quarter round 1, 5, 9, 13
      v1 = v1.add(v5);
      v13 = v13.lanewise(XOR, v1).lanewise(ROL, 16);
      v9 = v9.add(v13);
      v5 = v5.lanewise(XOR, v9).lanewise(ROL, 12);
      v1 = v1.add(v5);
      v13 = v13.lanewise(XOR, v1).lanewise(ROL, 8);
      v9 = v9.add(v13);
      v5 = v5.lanewise(XOR, v9).lanewise(ROL, 7);
      // quarter round 2, 6, 10, 14
      v2 = v2.add(v6);
      v14 = v14.lanewise(XOR, v2).lanewise(ROL, 16);
      v10 = v10.add(v14);
      v6 = v6.lanewise(XOR, v10).lanewise(ROL, 12);
      v2 = v2.add(v6);
      v14 = v14.lanewise(XOR, v2).lanewise(ROL, 8);
      v10 = v10.add(v14);
      v6 = v6.lanewise(XOR, v10).lanewise(ROL, 7);
      // quarter round 3, 7, 11, 15
      v3 = v3.add(v7);
      v15 = v15.lanewise(XOR, v3).lanewise(ROL, 16);
      v11 = v11.add(v15);
      v7 = v7.lanewise(XOR, v11).lanewise(ROL, 12);
      v3 = v3.add(v7);
      v15 = v15.lanewise(XOR, v3).lanewise(ROL, 8);
      v11 = v11.add(v15);
      v7 = v7.lanewise(XOR, v11).lanewise(ROL, 7);
      // quarter round 0, 5, 10, 15
      v0 = v0.add(v5);
      v15 = v15.lanewise(XOR, v0).lanewise(ROL, 16);
      v10 = v10.add(v15);
      v5 = v5.lanewise(XOR, v10).lanewise(ROL, 12);
      v0 = v0.add(v5);
      v15 = v15.lanewise(XOR, v0).lanewise(ROL, 8);
      v10 = v10.add(v15);
      v5 = v5.lanewise(XOR, v10).lanewise(ROL, 7);
      // quarter round 1, 6, 11, 12
      v1 = v1.add(v6);
      v12 = v12.lanewise(XOR, v1).lanewise(ROL, 16);
      v11 = v11.add(v12);
      v6 = v6.lanewise(XOR, v11).lanewise(ROL, 12);
      v1 = v1.add(v6);
      v12 = v12.lanewise(XOR, v1).lanewise(ROL, 8);
      v11 = v11.add(v12);
      v6 = v6.lanewise(XOR, v11).lanewise(ROL, 7);
      // quarter round 2, 7, 8, 13
      v2 = v2.add(v7);
      v13 = v13.lanewise(XOR, v2).lanewise(ROL, 16);
      v8 = v8.add(v13);
      v7 = v7.lanewise(XOR, v8).lanewise(ROL, 12);
      v2 = v2.add(v7);
      v13 = v13.lanewise(XOR, v2).lanewise(ROL, 8);
      v8 = v8.add(v13);
      v7 = v7.lanewise(XOR, v8).lanewise(ROL, 7);
      // quarter round 3, 4, 9, 14
      v3 = v3.add(v4);
      v14 = v14.lanewise(XOR, v3).lanewise(ROL, 16);
      v9 = v9.add(v14);
      v4 = v4.lanewise(XOR, v9).lanewise(ROL, 12);
      v3 = v3.add(v4);
      v14 = v14.lanewise(XOR, v3).lanewise(ROL, 8);
      v9 = v9.add(v14);
      v4 = v4.lanewise(XOR, v9).lanewise(ROL, 7);
    }
    v0.intoMemorySegment(ALL, working, LITTLE);
    v1.intoMemorySegment(ALL, working + ROW, LITTLE);
    v2.intoMemorySegment(ALL, working + 2 * ROW, LITTLE);
    v3.intoMemorySegment(ALL, working + 3 * ROW, LITTLE);
    v4.intoMemorySegment(ALL, working + 4 * ROW, LITTLE);
    v5.intoMemorySegment(ALL, working + 5 * ROW, LITTLE);
    v6.intoMemorySegment(ALL, working + 6 * ROW, LITTLE);
    v7.intoMemorySegment(ALL, working + 7 * ROW, LITTLE);
    v8.intoMemorySegment(ALL, working + 8 * ROW, LITTLE);
    v9.intoMemorySegment(ALL, working + 9 * ROW, LITTLE);
    v10.intoMemorySegment(ALL, working + 10 * ROW, LITTLE);
    v11.intoMemorySegment(ALL, working + 11 * ROW, LITTLE);
    v12.intoMemorySegment(ALL, working + 12 * ROW, LITTLE);
    v13.intoMemorySegment(ALL, working + 13 * ROW, LITTLE);
    v14.intoMemorySegment(ALL, working + 14 * ROW, LITTLE);
    v15.intoMemorySegment(ALL, working + 15 * ROW, LITTLE);
  }

  /**
   * Adds the initial state to eight words and transposes each square of eight by eight words: eight
   * vectors with one word of every block become eight vectors with eight words of one block (at 512
   * bits: of two blocks, i and i + 8).
   */
  private static void transposeEightWords(long initial, long working, long out, int stride) {
    var a0 = sum(initial, working);
    var a1 = sum(initial + ROW, working + ROW);
    var a2 = sum(initial + 2 * ROW, working + 2 * ROW);
    var a3 = sum(initial + 3 * ROW, working + 3 * ROW);
    var a4 = sum(initial + 4 * ROW, working + 4 * ROW);
    var a5 = sum(initial + 5 * ROW, working + 5 * ROW);
    var a6 = sum(initial + 6 * ROW, working + 6 * ROW);
    var a7 = sum(initial + 7 * ROW, working + 7 * ROW);

    var b0 = LOW_1.selectFrom(a0, a1);
    var b1 = HIGH_1.selectFrom(a0, a1);
    var b2 = LOW_1.selectFrom(a2, a3);
    var b3 = HIGH_1.selectFrom(a2, a3);
    var b4 = LOW_1.selectFrom(a4, a5);
    var b5 = HIGH_1.selectFrom(a4, a5);
    var b6 = LOW_1.selectFrom(a6, a7);
    var b7 = HIGH_1.selectFrom(a6, a7);

    var c0 = LOW_2.selectFrom(b0, b2);
    var c1 = LOW_2.selectFrom(b1, b3);
    var c2 = HIGH_2.selectFrom(b0, b2);
    var c3 = HIGH_2.selectFrom(b1, b3);
    var c4 = LOW_2.selectFrom(b4, b6);
    var c5 = LOW_2.selectFrom(b5, b7);
    var c6 = HIGH_2.selectFrom(b4, b6);
    var c7 = HIGH_2.selectFrom(b5, b7);

    LOW_4.selectFrom(c0, c4).intoMemorySegment(ALL, out, LITTLE);
    LOW_4.selectFrom(c1, c5).intoMemorySegment(ALL, out + stride, LITTLE);
    LOW_4.selectFrom(c2, c6).intoMemorySegment(ALL, out + 2L * stride, LITTLE);
    LOW_4.selectFrom(c3, c7).intoMemorySegment(ALL, out + 3L * stride, LITTLE);
    HIGH_4.selectFrom(c0, c4).intoMemorySegment(ALL, out + 4L * stride, LITTLE);
    HIGH_4.selectFrom(c1, c5).intoMemorySegment(ALL, out + 5L * stride, LITTLE);
    HIGH_4.selectFrom(c2, c6).intoMemorySegment(ALL, out + 6L * stride, LITTLE);
    HIGH_4.selectFrom(c3, c7).intoMemorySegment(ALL, out + 7L * stride, LITTLE);
  }

  private static IntVector sum(long a, long b) {
    return IntVector.fromMemorySegment(INTS, ALL, a, LITTLE)
        .add(IntVector.fromMemorySegment(INTS, ALL, b, LITTLE));
  }

  /** The last step at 512 bits: first and second half of each block find each other. */
  private static void joinHalves(long working, long keystream) {
    for (int i = 0; i < 8; i++) {
      var first = IntVector.fromMemorySegment(INTS, ALL, working + ROW * i, LITTLE);
      var second = IntVector.fromMemorySegment(INTS, ALL, working + ROW * (8 + i), LITTLE);
      LOW_8.selectFrom(first, second).intoMemorySegment(ALL, keystream + BLOCK * i, LITTLE);
      HIGH_8.selectFrom(first, second).intoMemorySegment(ALL, keystream + BLOCK * (8 + i), LITTLE);
    }
  }

  /** Index vector of a butterfly: lanes without bit {@code distance} from a, those of b between. */
  private static IntVector lowHalves(int distance) {
    var indices = new int[INT_LANES];
    for (int i = 0; i < INT_LANES; i++) {
      indices[i] = (i & distance) == 0 ? i : INT_LANES + i - distance;
    }
    return IntVector.fromArray(INTS, indices, 0);
  }

  /** Index vector of a butterfly: lanes with bit {@code distance} of a, between those of b. */
  private static IntVector highHalves(int distance) {
    var indices = new int[INT_LANES];
    for (int i = 0; i < INT_LANES; i++) {
      indices[i] = (i & distance) == 0 ? i + distance : INT_LANES + i;
    }
    return IntVector.fromArray(INTS, indices, 0);
  }
}
