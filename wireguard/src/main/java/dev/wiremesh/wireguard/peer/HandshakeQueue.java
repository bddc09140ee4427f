package dev.wiremesh.wireguard.peer;

import dev.wiremesh.wireguard.device.HandshakeMessage;
import dev.wiremesh.wireguard.handshake.MessageType;
import dev.wiremesh.wireguard.io.Endpoint;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Handshake messages on their way from the receiving thread, which alone adds, to the control
 * lock's holder, which alone takes. Bounded and allocated once, so that a flood costs no memory.
 */
public final class HandshakeQueue {
  /** As many as the kernel lets wait. */
  static final int CAPACITY = 4096;

  /** From here on we are under load, as the kernel is, and ask for cookies. */
  public static final int LOAD_THRESHOLD = CAPACITY / 8;

  private final byte[][] slots = new byte[CAPACITY][MessageType.INITIATION_LENGTH];
  private final int[] lengths = new int[CAPACITY];
  private final @Nullable Endpoint[] sources = new Endpoint[CAPACITY];
  private final AtomicLong added = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();

  /** Who takes looks often enough by itself. */
  private volatile boolean watched;

  /** Adds a copy; false if there is no room. */
  public boolean offer(MemorySegment slab, int offset, int length, Endpoint from) {
    long at = added.getPlain();
    if (at - taken.getAcquire() == CAPACITY) {
      return false;
    }
    int slot = (int) at & (CAPACITY - 1);
    MemorySegment.copy(slab, ValueLayout.JAVA_BYTE, offset, slots[slot], 0, length);
    lengths[slot] = length;
    sources[slot] = from;
    added.setRelease(at + 1);
    return true;
  }

  public @Nullable HandshakeMessage poll() {
    long at = taken.getPlain();
    if (at == added.getAcquire()) {
      return null;
    }
    int slot = (int) at & (CAPACITY - 1);
    Endpoint from = sources[slot];
    HandshakeMessage message =
        from == null ? null : new HandshakeMessage(Arrays.copyOf(slots[slot], lengths[slot]), from);
    taken.setRelease(at + 1);
    return message;
  }

  /** Whether whoever takes must be told of what was added. */
  public boolean wantsCall() {
    VarHandle.fullFence(); // what was added is seen before we are not called for any more
    return !watched;
  }

  /**
   * Says whether messages are looked for without a call. After saying no, look once more: the last
   * ones may have come without a call.
   */
  public void setWatched(boolean watched) {
    this.watched = watched;
  }

  public int size() {
    return (int) (added.getAcquire() - taken.getAcquire());
  }
}
