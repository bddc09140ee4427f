package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Waits until one of several descriptors is readable (poll). Belongs to the one thread that waits;
 * does not own the descriptors.
 */
public final class Poller {
  private static final int REVENTS_OFFSET = 6;

  private final MemorySegment pollfds;
  private final int count;

  /** Negative descriptors are never ready. */
  public Poller(int... fds) {
    count = fds.length;
    pollfds = Arena.ofAuto().allocate((long) count * Libc.POLLFD_BYTES, 4);
    for (int i = 0; i < count; i++) {
      pollfds.set(JAVA_INT, (long) i * Libc.POLLFD_BYTES, fds[i]);
      pollfds.set(JAVA_SHORT, (long) i * Libc.POLLFD_BYTES + 4, Libc.POLLIN);
    }
  }

  public void await() throws SystemCallException {
    SystemCallException.check(Libc.poll(pollfds.address(), count, -1), "poll");
  }

  /** True if descriptor {@code i} of the constructor is readable or failed. */
  public boolean isReady(int i) {
    return pollfds.get(JAVA_SHORT, (long) i * Libc.POLLFD_BYTES + REVENTS_OFFSET) != 0;
  }
}
