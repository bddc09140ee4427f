package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;

/**
 * An eventfd that wakes a thread from {@link Poller#await}. It stays signalled until it is reset.
 * Any thread may signal; the owner of the waiting thread closes it after that thread has ended.
 */
public final class EventFd implements AutoCloseable {
  private static final long ONE = Arena.global().allocateFrom(JAVA_LONG, 1).address();
  private static final long TRASH = Arena.global().allocate(JAVA_LONG).address();

  private final int fd;

  private EventFd(int fd) {
    this.fd = fd;
  }

  public static EventFd open() throws SystemCallException {
    return new EventFd(SystemCallException.checkInt(Libc.eventfd(), "eventfd"));
  }

  /** The descriptor to poll: readable from a signal until the next {@link #reset}. */
  public int fd() {
    return fd;
  }

  public void signal() {
    Libc.write(fd, ONE, Long.BYTES);
  }

  public void reset() {
    Libc.read(fd, TRASH, Long.BYTES);
  }

  @Override
  public void close() {
    Libc.close(fd);
  }
}
