package dev.wiremesh.wireguard.linux.syscall;

import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Reference count for file descriptors that several threads use. They are closed when the last user
 * leaves: a number that is closed too early may already belong to another file. Any thread.
 */
public final class RefCountedDescriptors {
  private static final int CLOSED = 1 << 30;

  private final AtomicInteger users = new AtomicInteger();
  private final CountDownLatch allClosed = new CountDownLatch(1);
  private final int[] fds;

  public RefCountedDescriptors(int... fds) {
    this.fds = fds.clone();
  }

  /** Each successful call is followed by one of {@link #release}. */
  public void acquire() throws ClosedChannelException {
    if ((users.incrementAndGet() & CLOSED) != 0) {
      release();
      throw new ClosedChannelException();
    }
  }

  public void release() {
    if (users.decrementAndGet() == CLOSED) {
      closeAll();
    }
  }

  /** Runs an action with the descriptors kept open, unless they are closed already. */
  public void ifOpen(Runnable action) {
    try {
      acquire();
    } catch (ClosedChannelException e) {
      return;
    }
    try {
      action.run();
    } finally {
      release();
    }
  }

  public boolean isClosed() {
    return (users.get() & CLOSED) != 0;
  }

  /** {@link #close(Runnable)} for descriptors that no thread waits on. */
  public void close() {
    close(() -> {});
  }

  /**
   * Refuses new users, and closes the descriptors when the last user leaves.
   *
   * @param wake makes users leave that wait on one of the descriptors; called while they are open
   */
  public void close(Runnable wake) {
    try {
      acquire();
    } catch (ClosedChannelException e) {
      return;
    }
    users.getAndUpdate(count -> count | CLOSED);
    wake.run();
    release();
  }

  /**
   * Waits until the descriptors are closed, so that ports and names behind them are free.
   *
   * @return false if a user has not left in that time
   */
  public boolean awaitClosed(Duration atMost) {
    try {
      return allClosed.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** May run twice: an acquire that finds them closed is the last user again. */
  private synchronized void closeAll() {
    for (int i = 0; i < fds.length; i++) {
      if (fds[i] >= 0) {
        Libc.close(fds[i]);
        fds[i] = -1;
      }
    }
    allClosed.countDown();
  }
}
