package dev.wiremesh.wireguard.session;

/**
 * Replay window of a session: the last {@link #SIZE} counters as a ring of bits (RFC 6479); older
 * ones count as seen. Used only after a packet was authenticated. Owned by the receiving thread.
 */
public final class ReplayWindow {
  /** Largest distance of an accepted counter from the highest one. */
  public static final int SIZE = 8192 - Long.SIZE;

  private static final int WORDS = (SIZE + Long.SIZE) / Long.SIZE;

  private final long[] ring = new long[WORDS];
  private long next;

  /** One more than the highest counter so far. */
  public long next() {
    return next;
  }

  /**
   * Marks a counter as seen.
   *
   * @param counter unsigned, less than 2^64 - 1
   * @return false if it was seen before, or is older than the window
   */
  public boolean accept(long counter) {
    if (Long.compareUnsigned(counter, next) >= 0) {
      advance(counter);
    } else if (Long.compareUnsigned(next - 1 - counter, SIZE) > 0) {
      return false;
    }
    int word = (int) (counter >>> 6) & (WORDS - 1);
    long bit = 1L << counter;
    boolean fresh = (ring[word] & bit) == 0;
    ring[word] |= bit;
    return fresh;
  }

  private void advance(long counter) {
    long newest = counter >>> 6;
    long previous = next == 0 ? 0 : next - 1 >>> 6;
    int stale = (int) Math.min(newest - previous, WORDS);
    for (int i = 0; i < stale; i++) {
      ring[(int) (newest - i) & (WORDS - 1)] = 0;
    }
    next = counter + 1;
  }
}
