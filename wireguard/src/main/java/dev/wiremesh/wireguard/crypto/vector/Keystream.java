package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.ALL;
import static dev.wiremesh.wireguard.crypto.vector.NativeMemory.LITTLE;
import static dev.wiremesh.wireguard.crypto.vector.Width.BYTES;
import static dev.wiremesh.wireguard.crypto.vector.Width.LONGS;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Applies the keystream to packets, and writes their ciphertext in the layout of {@link Poly1305}:
 * a vector with the low halves of the message blocks of all lanes, then one with the high halves.
 */
final class Keystream {
  /** Packets that {@link #applyToFour} takes at once. */
  static final int QUAD = 4;

  /** Bytes of each packet that one step of {@link #applyToFour} takes: two message blocks. */
  static final int COLUMN = 32;

  /** Bytes of a packet that one step of {@link #applyToOne} takes: one block for each lane. */
  static final int STRIPE = 2 * BYTES;

  /** Squares of four by four longs are transposed at 256 bits, whatever the width elsewhere. */
  private static final VectorSpecies<Long> SQUARE = LongVector.SPECIES_256;

  private static final LongVector LOW_1 = LongVector.fromArray(SQUARE, new long[] {0, 4, 2, 6}, 0);
  private static final LongVector HIGH_1 = LongVector.fromArray(SQUARE, new long[] {1, 5, 3, 7}, 0);
  private static final LongVector LOW_2 = LongVector.fromArray(SQUARE, new long[] {0, 1, 4, 5}, 0);
  private static final LongVector HIGH_2 = LongVector.fromArray(SQUARE, new long[] {2, 3, 6, 7}, 0);

  private static final LongVector EVEN = LongVector.zero(LONGS).addIndex(2);
  private static final LongVector ODD = EVEN.add(1);

  private Keystream() {}

  /**
   * Four packets side by side, from column {@code from} to column {@code to}. The same packet may
   * occupy several places, because a column is loaded completely before anything is stored.
   *
   * @param rows start of lane 0 of these four packets in the layout for {@link Poly1305}
   */
  static void applyToFour(
      boolean sealing,
      long[] sources,
      long[] destinations,
      long[] keystreams,
      int firstLane,
      int from,
      int to,
      long rows) {
    long source0 = sources[firstLane];
    long source1 = sources[firstLane + 1];
    long source2 = sources[firstLane + 2];
    long source3 = sources[firstLane + 3];
    long destination0 = destinations[firstLane];
    long destination1 = destinations[firstLane + 1];
    long destination2 = destinations[firstLane + 2];
    long destination3 = destinations[firstLane + 3];
    long key0 = keystreams[firstLane];
    long key1 = keystreams[firstLane + 1];
    long key2 = keystreams[firstLane + 2];
    long key3 = keystreams[firstLane + 3];
    long row = rows;
    for (long at = (long) COLUMN * from, end = (long) COLUMN * to; at < end; at += COLUMN) {
      var in0 = LongVector.fromMemorySegment(SQUARE, ALL, source0 + at, LITTLE);
      var in1 = LongVector.fromMemorySegment(SQUARE, ALL, source1 + at, LITTLE);
      var in2 = LongVector.fromMemorySegment(SQUARE, ALL, source2 + at, LITTLE);
      var in3 = LongVector.fromMemorySegment(SQUARE, ALL, source3 + at, LITTLE);
      var out0 = in0.lanewise(XOR, LongVector.fromMemorySegment(SQUARE, ALL, key0 + at, LITTLE));
      var out1 = in1.lanewise(XOR, LongVector.fromMemorySegment(SQUARE, ALL, key1 + at, LITTLE));
      var out2 = in2.lanewise(XOR, LongVector.fromMemorySegment(SQUARE, ALL, key2 + at, LITTLE));
      var out3 = in3.lanewise(XOR, LongVector.fromMemorySegment(SQUARE, ALL, key3 + at, LITTLE));
      out0.intoMemorySegment(ALL, destination0 + at, LITTLE);
      out1.intoMemorySegment(ALL, destination1 + at, LITTLE);
      out2.intoMemorySegment(ALL, destination2 + at, LITTLE);
      out3.intoMemorySegment(ALL, destination3 + at, LITTLE);

      var cipher0 = sealing ? out0 : in0;
      var cipher1 = sealing ? out1 : in1;
      var cipher2 = sealing ? out2 : in2;
      var cipher3 = sealing ? out3 : in3;
      var low01 = LOW_1.selectFrom(cipher0, cipher1);
      var high01 = HIGH_1.selectFrom(cipher0, cipher1);
      var low23 = LOW_1.selectFrom(cipher2, cipher3);
      var high23 = HIGH_1.selectFrom(cipher2, cipher3);
      LOW_2.selectFrom(low01, low23).intoMemorySegment(ALL, row, LITTLE);
      LOW_2.selectFrom(high01, high23).intoMemorySegment(ALL, row + BYTES, LITTLE);
      HIGH_2.selectFrom(low01, low23).intoMemorySegment(ALL, row + 2 * BYTES, LITTLE);
      HIGH_2.selectFrom(high01, high23).intoMemorySegment(ALL, row + 3 * BYTES, LITTLE);
      row += 4 * BYTES;
    }
  }

  /** One packet, whose message blocks are distributed over the lanes in turn. */
  static void applyToOne(
      boolean sealing, long source, long destination, long key, int stripes, long rows) {
    for (long at = 0, end = (long) STRIPE * stripes; at < end; at += STRIPE) {
      var in0 = LongVector.fromMemorySegment(LONGS, ALL, source + at, LITTLE);
      var in1 = LongVector.fromMemorySegment(LONGS, ALL, source + at + BYTES, LITTLE);
      var out0 = in0.lanewise(XOR, LongVector.fromMemorySegment(LONGS, ALL, key + at, LITTLE));
      var out1 =
          in1.lanewise(XOR, LongVector.fromMemorySegment(LONGS, ALL, key + at + BYTES, LITTLE));
      out0.intoMemorySegment(ALL, destination + at, LITTLE);
      out1.intoMemorySegment(ALL, destination + at + BYTES, LITTLE);
      var cipher0 = sealing ? out0 : in0;
      var cipher1 = sealing ? out1 : in1;
      EVEN.selectFrom(cipher0, cipher1).intoMemorySegment(ALL, rows + at, LITTLE);
      ODD.selectFrom(cipher0, cipher1).intoMemorySegment(ALL, rows + at + BYTES, LITTLE);
    }
  }

  /**
   * The rest of a packet, long by long, followed by the block of lengths that ends the message.
   *
   * @param rest bytes that are left
   * @param length of the whole packet
   * @param associatedLength of the associated data, which the block of lengths names too
   * @param row where the low half of the first message block goes, in this packet's lane
   * @return message blocks written
   */
  static int applyToRest(
      boolean sealing,
      long source,
      long destination,
      long key,
      int rest,
      int length,
      long associatedLength,
      long row) {
    int at = 0;
    long block = row;
    for (; at + 16 <= rest; at += 16, block += Poly1305.STEP) {
      long in0 = NativeMemory.getLong(source + at);
      long in1 = NativeMemory.getLong(source + at + 8);
      long out0 = in0 ^ NativeMemory.getLong(key + at);
      long out1 = in1 ^ NativeMemory.getLong(key + at + 8);
      NativeMemory.putLong(destination + at, out0);
      NativeMemory.putLong(destination + at + 8, out1);
      NativeMemory.putLong(block, sealing ? out0 : in0);
      NativeMemory.putLong(block + BYTES, sealing ? out1 : in1);
    }
    if (at < rest) {
      long low = applyToBytes(sealing, source + at, destination + at, key + at, rest - at);
      at += 8;
      long high =
          at < rest ? applyToBytes(sealing, source + at, destination + at, key + at, rest - at) : 0;
      NativeMemory.putLong(block, low);
      NativeMemory.putLong(block + BYTES, high);
      block += Poly1305.STEP;
    }
    NativeMemory.putLong(block, associatedLength);
    NativeMemory.putLong(block + BYTES, length);
    return (rest + 15) / 16 + 1;
  }

  /** Up to eight bytes; returns their ciphertext, padded with zeros. */
  private static long applyToBytes(
      boolean sealing, long source, long destination, long key, int count) {
    if (count >= 8) {
      long in = NativeMemory.getLong(source);
      long out = in ^ NativeMemory.getLong(key);
      NativeMemory.putLong(destination, out);
      return sealing ? out : in;
    }
    long in = 0;
    for (int i = 0; i < count; i++) {
      in |= NativeMemory.getByte(source + i) << (8 * i);
    }
    long out = (in ^ NativeMemory.getLong(key)) & ((1L << (8 * count)) - 1);
    for (int i = 0; i < count; i++) {
      NativeMemory.putByte(destination + i, out >>> (8 * i));
    }
    return sealing ? out : in;
  }
}
