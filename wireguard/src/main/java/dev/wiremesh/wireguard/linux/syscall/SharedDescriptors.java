package dev.wiremesh.wireguard.linux.syscall;

import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Guards file descriptors that several threads use, until the last user has left a closed one: a
 * number that is closed too early may already belong to another file. Any thread may call it.
 */
public final class SharedDescriptors {
  private static final int CLOSED = 1 << 30;

  private final AtomicInteger users = new AtomicInteger();
  private final int[] fds;

  public SharedDescriptors(int... fds) {
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

  /** Closes now or when the last user leaves. */
  public void close() {
    if (users.getAndUpdate(count -> count | CLOSED) == 0) {
      closeAll();
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
  }
}
