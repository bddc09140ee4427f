package dev.wiremesh.wireguard.peer;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Tells when a packet thread cannot be using a session any more that was taken away from it. Odd
 * while the thread works on a batch, even while it waits for one; it finds sessions only in
 * between.
 */
public final class PacketThreadEpoch {
  private final AtomicLong epoch = new AtomicLong();

  /** Of the packet thread, before it looks for sessions. */
  public void enter() {
    epoch.set(epoch.getPlain() + 1);
    VarHandle.fullFence();
  }

  /** Of the packet thread, when it holds no session any more. */
  public void exit() {
    epoch.setRelease(epoch.getPlain() + 1);
  }

  /** To be kept for {@link #hasPassed}; after the session was taken away. */
  public long now() {
    VarHandle.fullFence();
    return epoch.get();
  }

  /** True if the thread has been outside a batch at some moment since {@code then}. */
  public boolean hasPassed(long then) {
    return (then & 1) == 0 || epoch.get() != then;
  }
}
