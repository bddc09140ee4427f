package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.ALL;
import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.LITTLE;
import static dev.wiremesh.wireguard.crypto.vector.Width.BYTES;
import static dev.wiremesh.wireguard.crypto.vector.Width.LONGS;
import static dev.wiremesh.wireguard.crypto.vector.Width.LONG_LANES;
import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.LongVector;

/**
 * Poly1305 (RFC 8439 section 2.5) in as many lanes as a vector of longs has: {@code h = (h + m) * r
 * mod 2^130 - 5} for one message block m per lane and step. The caller decides whether a lane is a
 * packet or every n-th block of one packet.
 *
 * <p>Numbers are five limbs of 26 bits; an accumulator is five vectors in a {@code long[]}, a
 * multiplier nine: limbs r0 to r4, then five times r1 to r4 (the overflow beyond 2^130 is added
 * back times five). A message block lies in memory as a vector with the low halves of all lanes,
 * then one with the high halves.
 *
 * <p>The two factors of each product are visibly below 2^32 (an AND with a constant), so that the
 * compiler uses the 32-bit multiplication, which is three times as fast.
 */
final class Poly1305 {
  static final int ACCUMULATOR = 5 * LONG_LANES;
  static final int MULTIPLIER = 9 * LONG_LANES;

  /** A message block. */
  static final int BLOCK = 16;

  /** One message block of every lane. */
  static final int STEP = 2 * BYTES;

  /** The bit above the 16 bytes of a message block, as its place in the fifth limb. */
  static final long TOP_BIT = 1L << 24;

  private static final int L = LONG_LANES;
  private static final long LIMB = 0x3ff_ffffL;
  private static final long LOW = 0xffff_ffffL;

  private Poly1305() {}

  /** Takes two message blocks of every lane per step: {@code h = (h + m0) * r^2 + m1 * r}. */
  static void absorbPairs(long[] h, long[] r, long[] rSquared, long messages, int pairs) {
    var h0 = LongVector.fromArray(LONGS, h, 0);
    var h1 = LongVector.fromArray(LONGS, h, L);
    var h2 = LongVector.fromArray(LONGS, h, 2 * L);
    var h3 = LongVector.fromArray(LONGS, h, 3 * L);
    var h4 = LongVector.fromArray(LONGS, h, 4 * L);
    var r0 = LongVector.fromArray(LONGS, r, 0).and(LOW);
    var r1 = LongVector.fromArray(LONGS, r, L).and(LOW);
    var r2 = LongVector.fromArray(LONGS, r, 2 * L).and(LOW);
    var r3 = LongVector.fromArray(LONGS, r, 3 * L).and(LOW);
    var r4 = LongVector.fromArray(LONGS, r, 4 * L).and(LOW);
    var s1 = LongVector.fromArray(LONGS, r, 5 * L).and(LOW);
    var s2 = LongVector.fromArray(LONGS, r, 6 * L).and(LOW);
    var s3 = LongVector.fromArray(LONGS, r, 7 * L).and(LOW);
    var s4 = LongVector.fromArray(LONGS, r, 8 * L).and(LOW);
    var q0 = LongVector.fromArray(LONGS, rSquared, 0).and(LOW);
    var q1 = LongVector.fromArray(LONGS, rSquared, L).and(LOW);
    var q2 = LongVector.fromArray(LONGS, rSquared, 2 * L).and(LOW);
    var q3 = LongVector.fromArray(LONGS, rSquared, 3 * L).and(LOW);
    var q4 = LongVector.fromArray(LONGS, rSquared, 4 * L).and(LOW);
    var t1 = LongVector.fromArray(LONGS, rSquared, 5 * L).and(LOW);
    var t2 = LongVector.fromArray(LONGS, rSquared, 6 * L).and(LOW);
    var t3 = LongVector.fromArray(LONGS, rSquared, 7 * L).and(LOW);
    var t4 = LongVector.fromArray(LONGS, rSquared, 8 * L).and(LOW);
    for (long at = messages, end = messages + 2L * STEP * pairs; at < end; at += 2L * STEP) {
      // h + m0
      var low = LongVector.fromMemorySegment(LONGS, ALL, at, LITTLE);
      var high = LongVector.fromMemorySegment(LONGS, ALL, at + BYTES, LITTLE);
      var a0 = low.and(LIMB).add(h0).and(LOW);
      var a1 = low.lanewise(LSHR, 26).and(LIMB).add(h1).and(LOW);
      var a2 = low.lanewise(LSHR, 52).add(high.lanewise(LSHL, 12)).and(LIMB).add(h2).and(LOW);
      var a3 = high.lanewise(LSHR, 14).and(LIMB).add(h3).and(LOW);
      var a4 = high.lanewise(LSHR, 40).add(TOP_BIT).add(h4).and(LOW);
      // m1
      low = LongVector.fromMemorySegment(LONGS, ALL, at + STEP, LITTLE);
      high = LongVector.fromMemorySegment(LONGS, ALL, at + STEP + BYTES, LITTLE);
      var b0 = low.and(LIMB);
      var b1 = low.lanewise(LSHR, 26).and(LIMB);
      var b2 = low.lanewise(LSHR, 52).add(high.lanewise(LSHL, 12)).and(LIMB);
      var b3 = high.lanewise(LSHR, 14).and(LIMB);
      var b4 = high.lanewise(LSHR, 40).add(TOP_BIT).and(LOW);
      // (h + m0) * r^2
      var d0 = a0.mul(q0).add(a1.mul(t4)).add(a2.mul(t3)).add(a3.mul(t2)).add(a4.mul(t1));
      var d1 = a0.mul(q1).add(a1.mul(q0)).add(a2.mul(t4)).add(a3.mul(t3)).add(a4.mul(t2));
      var d2 = a0.mul(q2).add(a1.mul(q1)).add(a2.mul(q0)).add(a3.mul(t4)).add(a4.mul(t3));
      var d3 = a0.mul(q3).add(a1.mul(q2)).add(a2.mul(q1)).add(a3.mul(q0)).add(a4.mul(t4));
      var d4 = a0.mul(q4).add(a1.mul(q3)).add(a2.mul(q2)).add(a3.mul(q1)).add(a4.mul(q0));
      // + m1 * r
      d0 = d0.add(b0.mul(r0)).add(b1.mul(s4)).add(b2.mul(s3)).add(b3.mul(s2)).add(b4.mul(s1));
      d1 = d1.add(b0.mul(r1)).add(b1.mul(r0)).add(b2.mul(s4)).add(b3.mul(s3)).add(b4.mul(s2));
      d2 = d2.add(b0.mul(r2)).add(b1.mul(r1)).add(b2.mul(r0)).add(b3.mul(s4)).add(b4.mul(s3));
      d3 = d3.add(b0.mul(r3)).add(b1.mul(r2)).add(b2.mul(r1)).add(b3.mul(r0)).add(b4.mul(s4));
      d4 = d4.add(b0.mul(r4)).add(b1.mul(r3)).add(b2.mul(r2)).add(b3.mul(r1)).add(b4.mul(r0));
      // carry, in two chains side by side; what leaves the top comes back times five
      d1 = d1.add(d0.lanewise(LSHR, 26));
      d4 = d4.add(d3.lanewise(LSHR, 26));
      d2 = d2.add(d1.lanewise(LSHR, 26));
      var over = d4.lanewise(LSHR, 26);
      h0 = d0.and(LIMB).add(over).add(over.lanewise(LSHL, 2));
      h3 = d3.and(LIMB).add(d2.lanewise(LSHR, 26));
      h1 = d1.and(LIMB).add(h0.lanewise(LSHR, 26));
      h4 = d4.and(LIMB).add(h3.lanewise(LSHR, 26));
      h0 = h0.and(LIMB);
      h2 = d2.and(LIMB);
      h3 = h3.and(LIMB);
    }
    h0.intoArray(h, 0);
    h1.intoArray(h, L);
    h2.intoArray(h, 2 * L);
    h3.intoArray(h, 3 * L);
    h4.intoArray(h, 4 * L);
  }

  /**
   * Takes up to {@code steps} message blocks of every lane, one per step.
   *
   * @param blocks number of blocks of each lane; after its last one a lane does not change
   * @param topBit {@link #TOP_BIT} for message blocks, 0 for plain numbers
   */
  static void absorb(long[] h, long[] r, long messages, int steps, long[] blocks, long topBit) {
    var h0 = LongVector.fromArray(LONGS, h, 0);
    var h1 = LongVector.fromArray(LONGS, h, L);
    var h2 = LongVector.fromArray(LONGS, h, 2 * L);
    var h3 = LongVector.fromArray(LONGS, h, 3 * L);
    var h4 = LongVector.fromArray(LONGS, h, 4 * L);
    var r0 = LongVector.fromArray(LONGS, r, 0).and(LOW);
    var r1 = LongVector.fromArray(LONGS, r, L).and(LOW);
    var r2 = LongVector.fromArray(LONGS, r, 2 * L).and(LOW);
    var r3 = LongVector.fromArray(LONGS, r, 3 * L).and(LOW);
    var r4 = LongVector.fromArray(LONGS, r, 4 * L).and(LOW);
    var s1 = LongVector.fromArray(LONGS, r, 5 * L).and(LOW);
    var s2 = LongVector.fromArray(LONGS, r, 6 * L).and(LOW);
    var s3 = LongVector.fromArray(LONGS, r, 7 * L).and(LOW);
    var s4 = LongVector.fromArray(LONGS, r, 8 * L).and(LOW);
    var last = LongVector.fromArray(LONGS, blocks, 0);
    for (int i = 0; i < steps; i++) {
      long at = messages + (long) STEP * i;
      var low = LongVector.fromMemorySegment(LONGS, ALL, at, LITTLE);
      var high = LongVector.fromMemorySegment(LONGS, ALL, at + BYTES, LITTLE);
      var a0 = low.and(LIMB).add(h0).and(LOW);
      var a1 = low.lanewise(LSHR, 26).and(LIMB).add(h1).and(LOW);
      var a2 = low.lanewise(LSHR, 52).add(high.lanewise(LSHL, 12)).and(LIMB).add(h2).and(LOW);
      var a3 = high.lanewise(LSHR, 14).and(LIMB).add(h3).and(LOW);
      var a4 = high.lanewise(LSHR, 40).add(topBit).add(h4).and(LOW);
      var d0 = a0.mul(r0).add(a1.mul(s4)).add(a2.mul(s3)).add(a3.mul(s2)).add(a4.mul(s1));
      var d1 = a0.mul(r1).add(a1.mul(r0)).add(a2.mul(s4)).add(a3.mul(s3)).add(a4.mul(s2));
      var d2 = a0.mul(r2).add(a1.mul(r1)).add(a2.mul(r0)).add(a3.mul(s4)).add(a4.mul(s3));
      var d3 = a0.mul(r3).add(a1.mul(r2)).add(a2.mul(r1)).add(a3.mul(r0)).add(a4.mul(s4));
      var d4 = a0.mul(r4).add(a1.mul(r3)).add(a2.mul(r2)).add(a3.mul(r1)).add(a4.mul(r0));
      d1 = d1.add(d0.lanewise(LSHR, 26));
      d4 = d4.add(d3.lanewise(LSHR, 26));
      d2 = d2.add(d1.lanewise(LSHR, 26));
      var over = d4.lanewise(LSHR, 26);
      d0 = d0.and(LIMB).add(over).add(over.lanewise(LSHL, 2));
      d3 = d3.and(LIMB).add(d2.lanewise(LSHR, 26));
      d1 = d1.and(LIMB).add(d0.lanewise(LSHR, 26));
      d4 = d4.and(LIMB).add(d3.lanewise(LSHR, 26));
      var busy = last.compare(GT, i);
      h0 = h0.blend(d0.and(LIMB), busy);
      h1 = h1.blend(d1, busy);
      h2 = h2.blend(d2.and(LIMB), busy);
      h3 = h3.blend(d3.and(LIMB), busy);
      h4 = h4.blend(d4, busy);
    }
    h0.intoArray(h, 0);
    h1.intoArray(h, L);
    h2.intoArray(h, 2 * L);
    h3.intoArray(h, 3 * L);
    h4.intoArray(h, 4 * L);
  }

  /**
   * Writes the blocks between two addresses as the message of every lane.
   *
   * @return message blocks written
   */
  static int spread(long from, long to, long messages) {
    long row = messages;
    for (long at = from; at < to; at += BLOCK, row += STEP) {
      LongVector.broadcast(LONGS, NativeMemory.getLong(at)).intoMemorySegment(ALL, row, LITTLE);
      LongVector.broadcast(LONGS, NativeMemory.getLong(at + Long.BYTES))
          .intoMemorySegment(ALL, row + BYTES, LITTLE);
    }
    return (int) ((row - messages) / STEP);
  }

  /** Clamps r, given as 64-bit halves, and cuts it into limbs. */
  static void limbsOfKey(long[] keyLow, long[] keyHigh, long[] out) {
    var low = LongVector.fromArray(LONGS, keyLow, 0).and(0x0fff_fffc_0fff_ffffL);
    var high = LongVector.fromArray(LONGS, keyHigh, 0).and(0x0fff_fffc_0fff_fffcL);
    low.and(LIMB).intoArray(out, 0);
    low.lanewise(LSHR, 26).and(LIMB).intoArray(out, L);
    low.lanewise(LSHR, 52).add(high.lanewise(LSHL, 12)).and(LIMB).intoArray(out, 2 * L);
    high.lanewise(LSHR, 14).and(LIMB).intoArray(out, 3 * L);
    high.lanewise(LSHR, 40).intoArray(out, 4 * L);
  }

  /** Makes a multiplier of five limbs. */
  static void multiplierOf(long[] limbs, long[] out) {
    LongVector.fromArray(LONGS, limbs, 0).intoArray(out, 0);
    for (int i = 1; i < 5; i++) {
      var limb = LongVector.fromArray(LONGS, limbs, i * L);
      limb.intoArray(out, i * L);
      limb.add(limb.lanewise(LSHL, 2)).intoArray(out, (4 + i) * L);
    }
  }

  /** Makes a multiplier for all lanes of the limbs in lane 0. */
  static void multiplierOfLane0(long[] limbs, long[] out) {
    LongVector.broadcast(LONGS, limbs[0]).intoArray(out, 0);
    for (int i = 1; i < 5; i++) {
      LongVector.broadcast(LONGS, limbs[i * L]).intoArray(out, i * L);
      LongVector.broadcast(LONGS, 5 * limbs[i * L]).intoArray(out, (4 + i) * L);
    }
  }

  /** Replaces each limb by the sum of its lanes, in lane 0; the other lanes are cleared. */
  static void sumLanes(long[] h) {
    for (int i = 0; i < 5; i++) {
      long sum = LongVector.fromArray(LONGS, h, i * L).reduceLanes(ADD);
      LongVector.zero(LONGS).withLane(0, sum).intoArray(h, i * L);
    }
  }

  /** Reduces h completely and adds s: the tags, as 64-bit halves. */
  static void tags(long[] h, long[] sLow, long[] sHigh, long[] tagLow, long[] tagHigh) {
    var h0 = LongVector.fromArray(LONGS, h, 0);
    var h1 = LongVector.fromArray(LONGS, h, L);
    var h2 = LongVector.fromArray(LONGS, h, 2 * L);
    var h3 = LongVector.fromArray(LONGS, h, 3 * L);
    var h4 = LongVector.fromArray(LONGS, h, 4 * L);
    for (int i = 0; i < 2; i++) {
      h1 = h1.add(h0.lanewise(LSHR, 26));
      h2 = h2.add(h1.lanewise(LSHR, 26));
      h3 = h3.add(h2.lanewise(LSHR, 26));
      h4 = h4.add(h3.lanewise(LSHR, 26));
      var over = h4.lanewise(LSHR, 26);
      h0 = h0.and(LIMB).add(over).add(over.lanewise(LSHL, 2));
      h1 = h1.and(LIMB);
      h2 = h2.and(LIMB);
      h3 = h3.and(LIMB);
      h4 = h4.and(LIMB);
    }
    h1 = h1.add(h0.lanewise(LSHR, 26));
    h0 = h0.and(LIMB);
    // g = h - p = h + 5 - 2^130; negative if h was below p
    var g0 = h0.add(5);
    var g1 = h1.add(g0.lanewise(LSHR, 26));
    var g2 = h2.add(g1.lanewise(LSHR, 26));
    var g3 = h3.add(g2.lanewise(LSHR, 26));
    var g4 = h4.add(g3.lanewise(LSHR, 26)).sub(1L << 26);
    var below = g4.lanewise(ASHR, 63);
    h0 = h0.and(below).or(g0.and(LIMB).and(below.not()));
    h1 = h1.and(below).or(g1.and(LIMB).and(below.not()));
    h2 = h2.and(below).or(g2.and(LIMB).and(below.not()));
    h3 = h3.and(below).or(g3.and(LIMB).and(below.not()));
    h4 = h4.and(below).or(g4.and(LIMB).and(below.not()));
    var low = h0.or(h1.lanewise(LSHL, 26)).or(h2.lanewise(LSHL, 52));
    var high = h2.lanewise(LSHR, 12).or(h3.lanewise(LSHL, 14)).or(h4.lanewise(LSHL, 40));
    var key = LongVector.fromArray(LONGS, sLow, 0);
    var sum = low.add(key);
    var carry = low.and(key).or(low.or(key).and(sum.not())).lanewise(LSHR, 63);
    sum.intoArray(tagLow, 0);
    high.add(LongVector.fromArray(LONGS, sHigh, 0)).add(carry).intoArray(tagHigh, 0);
  }
}
