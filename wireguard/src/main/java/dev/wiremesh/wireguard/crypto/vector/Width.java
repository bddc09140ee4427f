package dev.wiremesh.wireguard.crypto.vector;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Width of the vectors of this process: 512 bits where the machine prefers that, else 256. Static
 * and final, so that the compiler sees constants: one source serves both widths.
 */
final class Width {
  /** Forces 256 bits on a wider machine, for tests and measurements. */
  static final String PROPERTY = "wiremesh.cipher.vector.bits";

  static final int BITS =
      Math.min(Integer.getInteger(PROPERTY, 512), IntVector.SPECIES_PREFERRED.vectorBitSize());

  /** For ChaCha20: one lane is one block. */
  static final VectorSpecies<Integer> INTS =
      BITS >= 512 ? IntVector.SPECIES_512 : IntVector.SPECIES_256;

  /** For Poly1305: one lane is one packet, or one block of a packet. */
  static final VectorSpecies<Long> LONGS =
      BITS >= 512 ? LongVector.SPECIES_512 : LongVector.SPECIES_256;

  static final int INT_LANES = BITS >= 512 ? 16 : 8;
  static final int LONG_LANES = INT_LANES / 2;
  static final int BYTES = INT_LANES * Integer.BYTES;

  private Width() {}

  /** Narrower vectors would be emulated, far slower than any other backend. */
  static boolean supported() {
    return BITS >= 256;
  }
}
