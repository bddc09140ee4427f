package dev.wiremesh.wireguard.crypto;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One direction's key of one session: 32 bytes of native memory, where every backend can read them.
 *
 * <p>Any thread may use it. It is wiped by its owner once no thread can be using it any more: what
 * was sealed under a wiped key would be sealed under zeros.
 */
public final class CipherKey {
  public static final int LENGTH = 32;

  private final MemorySegment bytes = Arena.ofAuto().allocate(LENGTH, 64);

  /** Takes a copy of 32 bytes; the caller wipes his own. */
  public CipherKey(byte[] key) {
    if (key.length != LENGTH) {
      throw new IllegalArgumentException("a key has 32 bytes, not " + key.length);
    }
    MemorySegment.copy(key, 0, bytes, ValueLayout.JAVA_BYTE, 0, LENGTH);
  }

  /** The key itself, not a copy. */
  public MemorySegment bytes() {
    return bytes;
  }

  public void wipe() {
    bytes.fill((byte) 0);
  }

  @Override
  public String toString() {
    return "(session key)";
  }
}
