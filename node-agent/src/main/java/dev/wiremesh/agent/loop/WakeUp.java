package dev.wiremesh.agent.loop;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The signal that wakes the control loop, and the reasons that are not read from elsewhere. Any
 * thread signals; the control thread waits for it and clears the reasons.
 */
public final class WakeUp {
  private final Semaphore pending = new Semaphore(0);
  private volatile boolean hostChanged;
  private volatile boolean sessionsChanged;

  /** A source of the loop has changed. */
  public void wake() {
    if (pending.availablePermits() == 0) {
      pending.release();
    }
  }

  /** The node's links, addresses, routes or rules changed, by whichever program. */
  public void hostChanged() {
    hostChanged = true;
    wake();
  }

  /** A session was made, or objects that reports depend on have changed. */
  public void sessionsChanged() {
    sessionsChanged = true;
    wake();
  }

  /** Returns false after the timeout. */
  boolean await(Duration timeout) throws InterruptedException {
    return pending.tryAcquire(timeout.toNanos(), TimeUnit.NANOSECONDS);
  }

  /** Drops the signals that came until now; their reasons stay. */
  void drain() {
    pending.drainPermits();
  }

  boolean isHostChanged() {
    return hostChanged;
  }

  void clearHostChanged() {
    hostChanged = false;
  }

  boolean isSessionsChanged() {
    return sessionsChanged;
  }

  void clearSessionsChanged() {
    sessionsChanged = false;
  }
}
