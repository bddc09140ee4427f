package dev.wiremesh.wireguard.linux.syscall;

import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/** Runs actions inside another network namespace. */
public final class NetworkNamespace {
  private static final int CLONE_NEWNET = 0x40000000;
  private static final MethodHandle SETNS = NativeCall.of("setns", 2);

  private NetworkNamespace() {}

  /** An action that opens sockets: they belong to the namespace in which they were opened. */
  @FunctionalInterface
  public interface Action<T> {
    T run() throws SystemCallException;
  }

  /** Like the other {@code inside}, with a file such as {@code /run/netns/NAME}. */
  public static <T> T inside(Path namespace, Action<T> action) throws SystemCallException {
    int fd =
        SystemCallException.checkInt(
            Libc.open(namespace.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC), "open " + namespace);
    try {
      return inside(fd, action);
    } finally {
      Libc.close(fd);
    }
  }

  /**
   * Runs the action in the namespace of {@code fd}; the calling platform thread is back in its own
   * afterwards. Needs CAP_SYS_ADMIN.
   */
  public static <T> T inside(int fd, Action<T> action) throws SystemCallException {
    int own =
        SystemCallException.checkInt(
            Libc.open("/proc/thread-self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC),
            "open /proc/thread-self/ns/net");
    try {
      SystemCallException.check(setns(fd), "setns");
      try {
        return action.run();
      } finally {
        SystemCallException.check(setns(own), "setns back");
      }
    } finally {
      Libc.close(own);
    }
  }

  /** True if {@code fd} is the namespace of the calling platform thread. */
  public static boolean isOwn(int fd) throws SystemCallException {
    try {
      return Files.readSymbolicLink(Path.of("/proc/self/fd/" + fd))
          .equals(Files.readSymbolicLink(Path.of("/proc/thread-self/ns/net")));
    } catch (IOException e) {
      throw new SystemCallException("compare network namespaces", Errno.EIO, e.toString());
    }
  }

  private static int setns(int fd) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) SETNS.invokeExact(state, (long) fd, (long) CLONE_NEWNET), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }
}
