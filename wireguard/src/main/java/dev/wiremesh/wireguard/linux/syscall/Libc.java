package dev.wiremesh.wireguard.linux.syscall;

import java.lang.foreign.Arena;
import java.lang.invoke.MethodHandle;

/**
 * System calls on file descriptors. Results are those of the kernel, not negative or a negated
 * number of {@link Errno}, so that the packet path needs no exceptions; {@link
 * SystemCallException#check} turns them into one elsewhere. Blocking calls pin their carrier
 * thread, so they belong on platform threads.
 */
public final class Libc {
  public static final int O_RDONLY = 0;
  public static final int O_RDWR = 2;
  public static final int O_NONBLOCK = 0x800;
  public static final int O_CLOEXEC = 0x80000;

  public static final short POLLIN = 1;
  public static final short POLLOUT = 4;
  public static final short POLLERR = 8;
  public static final short POLLHUP = 16;

  /** Size of {@code struct pollfd}: int fd, short events, short revents. */
  public static final int POLLFD_BYTES = 8;

  private static final int F_GETFL = 3;
  private static final int F_SETFL = 4;
  private static final int EFD_NONBLOCK_CLOEXEC = O_NONBLOCK | O_CLOEXEC;

  private static final MethodHandle OPEN = NativeCall.of("open", 3);
  private static final MethodHandle CLOSE = NativeCall.of("close", 1);
  private static final MethodHandle READ = NativeCall.of("read", 3);
  private static final MethodHandle WRITE = NativeCall.of("write", 3);
  private static final MethodHandle WRITEV = NativeCall.of("writev", 3);
  private static final MethodHandle IOCTL = NativeCall.of("ioctl", 3);
  private static final MethodHandle FCNTL = NativeCall.of("fcntl", 3);
  private static final MethodHandle POLL = NativeCall.of("poll", 3);
  private static final MethodHandle EVENTFD = NativeCall.of("eventfd", 2);
  private static final MethodHandle UMASK = NativeCall.of("umask", 1);
  private static final MethodHandle NICE = NativeCall.of("nice", 1);
  private static final MethodHandle CLOCK_GETTIME = NativeCall.of("clock_gettime", 2);

  private Libc() {}

  public static int open(String path, int flags) {
    var state = NativeCall.errnoState();
    try (var arena = Arena.ofConfined()) {
      long name = arena.allocateFrom(path).address();
      return NativeCall.intResult((long) OPEN.invokeExact(state, name, (long) flags, 0L), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int close(int fd) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult((long) CLOSE.invokeExact(state, (long) fd), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long read(int fd, long address, long length) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result((long) READ.invokeExact(state, (long) fd, address, length), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long write(int fd, long address, long length) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result((long) WRITE.invokeExact(state, (long) fd, address, length), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * @param iovecs the address of an array of {@code struct iovec}
   */
  public static long writev(int fd, long iovecs, int count) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result(
          (long) WRITEV.invokeExact(state, (long) fd, iovecs, (long) count), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * @param argument an address or a plain number, depending on the request
   */
  public static int ioctl(int fd, long request, long argument) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) IOCTL.invokeExact(state, (long) fd, request, argument), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int setNonBlocking(int fd) {
    int flags = fcntl(fd, F_GETFL, 0);
    return flags < 0 ? flags : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  }

  private static int fcntl(int fd, int command, int argument) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) FCNTL.invokeExact(state, (long) fd, (long) command, (long) argument), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * Waits for one of several descriptors; starts again when a signal interrupts it.
   *
   * @param pollfds the address of an array of {@code struct pollfd}
   * @param timeoutMillis negative waits for ever
   */
  public static int poll(long pollfds, int count, int timeoutMillis) {
    var state = NativeCall.errnoState();
    long result;
    do {
      try {
        result =
            NativeCall.intResult(
                (long) POLL.invokeExact(state, pollfds, (long) count, (long) timeoutMillis), state);
      } catch (Throwable e) {
        throw NativeCall.bug(e);
      }
    } while (result == -Errno.EINTR);
    return (int) result;
  }

  static int eventfd() {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) EVENTFD.invokeExact(state, 0L, (long) EFD_NONBLOCK_CLOEXEC), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Sets the file mode mask of the whole process and returns the one before. */
  public static int umask(int mask) {
    try {
      return (int) (long) UMASK.invokeExact(NativeCall.errnoState(), (long) mask);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * Lowers the priority of the calling thread (on Linux not of the whole process).
   *
   * @param increment of its niceness
   */
  public static int nice(int increment) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult((long) NICE.invokeExact(state, (long) increment), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * @param timespec the address of a {@code struct timespec}
   */
  public static int clockGetTime(int clock, long timespec) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) CLOCK_GETTIME.invokeExact(state, (long) clock, timespec), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }
}
