package dev.wiremesh.wireguard.linux.syscall;

import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Guards file descriptors that several threads use, until the last user has left a closed one: a
 * number that is closed too early may already belong to another file. Any thread may call it.
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

  /** Does something with them unless they are closed: they stay open meanwhile. */
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

  /** {@link #close(Runnable)} where nobody waits on them. */
  public void close() {
    close(() -> {});
  }

  /**
   * Closes when the last user leaves; nobody new comes in.
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
   * Waits until they are really closed, and so whatever they held is free.
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

  /** May be called twice: an acquire that comes too late is the last user again. */
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
