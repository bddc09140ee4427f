package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Key of one direction of one session, in native memory that every backend can read: the key, and
 * of RFC 8439 section 2.8 the first four bytes of the nonce and the associated data. In WireGuard
 * those four bytes are zero and there is no associated data (whitepaper section 5.4.6).
 *
 * <p>Any thread may use it. Its owner wipes it once no thread can be using it any more: a wiped key
 * would seal under zeros.
 */
public final class CipherKey {
  public static final int LENGTH = 32;

  /** Block size that {@link #associated} is padded to, as Poly1305 takes it. */
  private static final int BLOCK = 16;

  private final MemorySegment bytes = Arena.ofAuto().allocate(LENGTH, 64);
  private final int noncePrefix;
  private final MemorySegment associated;

  /** A WireGuard key. Copies the 32 bytes; the caller wipes the original. */
  public CipherKey(byte[] key) {
    this(key, 0, new byte[0]);
  }

  /**
   * Copies its arguments; the caller wipes the originals.
   *
   * @param noncePrefix the first four bytes of each nonce, in little-endian order
   */
  public CipherKey(byte[] key, int noncePrefix, byte[] associated) {
    if (key.length != LENGTH) {
      throw new IllegalArgumentException("a key has 32 bytes, not " + key.length);
    }
    MemorySegment.copy(key, 0, bytes, ValueLayout.JAVA_BYTE, 0, LENGTH);
    this.noncePrefix = noncePrefix;
    this.associated = associated.length == 0 ? MemorySegment.NULL : padded(associated);
  }

  private static MemorySegment padded(byte[] associated) {
    long blocks = Math.ceilDiv(associated.length, BLOCK);
    var memory = Arena.ofAuto().allocate(BLOCK * blocks, BLOCK).asSlice(0, associated.length);
    return memory.copyFrom(MemorySegment.ofArray(associated));
  }

  /** The key itself, not a copy. */
  public MemorySegment bytes() {
    return bytes;
  }

  /** The first four bytes of each nonce, in little-endian order. */
  public int noncePrefix() {
    return noncePrefix;
  }

  /** Empty, or followed by zeros up to a whole number of blocks of 16 bytes. */
  public MemorySegment associated() {
    return associated;
  }

  public void wipe() {
    bytes.fill((byte) 0);
    associated.fill((byte) 0);
  }

  @Override
  public String toString() {
    return "(session key)";
  }
}
