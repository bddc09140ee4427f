package dev.wiremesh.wireguard.peer;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Epoch counter of a packet thread, for reclaiming sessions (see {@code control.SessionReclaimer}).
 * Odd while the thread works on a batch, even while it waits for one. The thread looks sessions up
 * and holds them only during a batch.
 */
public final class PacketThreadEpoch {
  private final AtomicLong epoch = new AtomicLong();

  /** Called by the packet thread before it looks up sessions. */
  public void enter() {
    epoch.set(epoch.getPlain() + 1);
    VarHandle.fullFence();
  }

  /** Called by the packet thread when it holds no session any more. */
  public void exit() {
    epoch.setRelease(epoch.getPlain() + 1);
  }

  /** The value for {@link #hasPassed}; to be read after a session left the session table. */
  public long now() {
    VarHandle.fullFence();
    return epoch.get();
  }

  /** True if the thread has been outside a batch at some moment since {@code then}. */
  public boolean hasPassed(long then) {
    return (then & 1) == 0 || epoch.get() != then;
  }
}
