package dev.wiremesh.wireguard.crypto.vector;

import static dev.wiremesh.wireguard.crypto.vector.Width.INT_LANES;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Working memory of one cipher: off-heap, because arrays begin 16 bytes after a cache line and
 * every wide access would touch two. Large enough for the longest packets; pages that small ones
 * never touch are never allocated.
 *
 * <p>Owned by one thread, as its cipher is.
 */
final class Scratch implements AutoCloseable {
  /** Blocks of keystream that fit: two of the longest packets, with their block 0. */
  static final int MAX_BLOCKS = 2 * (65_536 / ChaCha20.BLOCK + 1);

  /** Message blocks of all lanes that fit. */
  static final int MAX_STEPS = 64;

  private final Arena arena = Arena.ofShared();
  private final MemorySegment secrets;

  /** Initial and working state of {@link ChaCha20}. */
  final long initial;

  final long working;
  final long keystream;

  /** Values that differ between lanes: number of the block in its packet, and nonce. */
  final long blockNumbers;

  final long nonceLow;
  final long nonceHigh;

  /** Message blocks for {@link Poly1305}; no secret: ciphertext, or associated data. */
  final long rows;

  /** A message block of zeros in every lane. */
  final long zeros;

  Scratch() {
    // A vector of lanes may be written behind the last one.
    long states = 2L * ChaCha20.STATE_BYTES;
    long blocks = (long) ChaCha20.BLOCK * (MAX_BLOCKS + INT_LANES);
    long laneWords = (long) Integer.BYTES * (MAX_BLOCKS + INT_LANES);
    secrets = arena.allocate(states + blocks, 64);
    initial = secrets.address();
    working = initial + ChaCha20.STATE_BYTES;
    keystream = working + ChaCha20.STATE_BYTES;
    blockNumbers = arena.allocate(laneWords, 64).address();
    nonceLow = arena.allocate(laneWords, 64).address();
    nonceHigh = arena.allocate(laneWords, 64).address();
    rows = arena.allocate((long) Poly1305.STEP * MAX_STEPS, 64).address();
    zeros = arena.allocate(Poly1305.STEP, 64).address();
  }

  /** Wipes key, states, and the first {@code blocks} blocks of keystream. */
  void wipe(int blocks) {
    long states = 2L * ChaCha20.STATE_BYTES;
    secrets.asSlice(0, states + (long) ChaCha20.BLOCK * (blocks + INT_LANES)).fill((byte) 0);
  }

  @Override
  public void close() {
    wipe(MAX_BLOCKS);
    arena.close();
  }
}
