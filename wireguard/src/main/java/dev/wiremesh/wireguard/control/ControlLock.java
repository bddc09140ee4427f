package dev.wiremesh.wireguard.control;

import java.util.concurrent.locks.ReentrantLock;

/**
 * The control lock: guards all state of a device but that of the packet threads, which never take
 * it. The control thread acquires it once per cycle and lets all other threads go first, so that a
 * configuration change or a snapshot waits for one cycle at most.
 */
public final class ControlLock {
  private final ReentrantLock lock = new ReentrantLock(true);
  private final Held held = lock::unlock;

  /** Releases the lock at the end of a try block. */
  public interface Held extends AutoCloseable {
    @Override
    void close();
  }

  /** Acquires the lock as soon as it is free, before threads that wait in line. */
  public Held acquire() {
    if (!lock.tryLock()) {
      lock.lock();
    }
    return held;
  }

  /** Acquires the lock after all waiting threads; for the control thread. */
  public Held acquireLast() {
    lock.lock();
    return held;
  }
}
