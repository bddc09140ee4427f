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
 * Bounded SPSC ring of handshake messages. Producer is the receiving thread, consumer the holder of
 * the control lock. Allocated once, so that a flood costs no memory.
 */
public final class HandshakeQueue {
  /** The kernel's MAX_QUEUED_INCOMING_HANDSHAKES. */
  static final int CAPACITY = 4096;

  /** Queue length from which the device is under load and sends cookies, as in the kernel. */
  public static final int LOAD_THRESHOLD = CAPACITY / 8;

  private final byte[][] slots = new byte[CAPACITY][MessageType.INITIATION_LENGTH];
  private final int[] lengths = new int[CAPACITY];
  private final @Nullable Endpoint[] sources = new Endpoint[CAPACITY];
  private final AtomicLong added = new AtomicLong();
  private final AtomicLong taken = new AtomicLong();

  /** The consumer polls, so that the producer need not wake it. */
  private volatile boolean polled;

  /** Adds a copy; false if the ring is full. */
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

  /** True if the producer must wake the consumer. */
  public boolean needsWakeup() {
    VarHandle.fullFence(); // publish the message before reading the flag
    return !polled;
  }

  /**
   * Sets whether the consumer polls. After clearing it, the consumer must check the queue once
   * more: the last messages may have been added without a wakeup.
   */
  public void setPolled(boolean value) {
    polled = value;
  }

  public int size() {
    return (int) (added.getAcquire() - taken.getAcquire());
  }
}
