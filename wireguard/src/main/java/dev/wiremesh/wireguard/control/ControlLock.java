package dev.wiremesh.wireguard.control;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The lock that guards all but the packet paths. The control thread takes it again and again while
 * there is much to do; it lets everybody else go first, so that a change or a look at the device
 * waits for one cycle at most.
 */
public final class ControlLock {
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Held held = lock::unlock;

  /** Ends with the block that took the lock. */
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Whoever has something to change or to ask: as soon as it is free. */
  public Held take() {
    if (!lock.tryLock()) {
      lock.lock();
    }
    return held;
  }

  /** The control thread: after all who are waiting. */
  public Held takeAfterAll() {
    lock.lock();
    return held;
  }
}
