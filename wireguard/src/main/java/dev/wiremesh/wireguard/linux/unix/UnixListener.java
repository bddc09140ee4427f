package dev.wiremesh.wireguard.linux.unix;

import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.EventFd;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.Poller;
import dev.wiremesh.wireguard.linux.syscall.RefCountedDescriptors;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * A listening Unix stream socket, bound to a path or inherited. The JDK's cannot adopt a
 * descriptor. One thread accepts; any thread closes.
 */
public final class UnixListener implements AutoCloseable {
  private static final int BACKLOG = 128;
  private static final int PATH_BYTES = 108;
  private static final int OWNER_ONLY = 0077;
  private static final int ACCEPT_CLOEXEC = Sockets.SOCK_CLOEXEC;
  private static final int SOL_SOCKET = 1;
  private static final int SO_TYPE = 3;
  private static final int SO_ACCEPTCONN = 30;
  private static final int SO_DOMAIN = 39;

  private final int fd;
  private final EventFd wakeup;
  private final RefCountedDescriptors descriptors;
  private final Poller waiting;

  private UnixListener(int fd, EventFd wakeup) {
    this.fd = fd;
    this.wakeup = wakeup;
    descriptors = new RefCountedDescriptors(fd, wakeup.fd());
    waiting = new Poller(fd, wakeup.fd());
  }

  /** Binds to a path that does not exist; only the owner may connect. */
  public static UnixListener bind(Path path) throws SystemCallException {
    try (var opened = new CloseOnFailure();
        var arena = Arena.ofConfined()) {
      var wakeup = opened.add(EventFd.open());
      int fd = openSocket();
      opened.add(() -> Libc.close(fd));
      var address = address(arena, path);
      // The mode comes from the process's umask; other threads create no files meanwhile.
      int before = Libc.umask(OWNER_ONLY);
      try {
        SystemCallException.check(Sockets.bind(fd, address), "bind " + path);
      } finally {
        Libc.umask(before);
      }
      SystemCallException.check(Sockets.listen(fd, BACKLOG), "listen " + path);
      return opened.keep(new UnixListener(fd, wakeup));
    }
  }

  /**
   * Adopts a listening socket; on failure it stays the caller's.
   *
   * @throws SystemCallException also if the descriptor is anything else
   */
  public static UnixListener adopt(int fd) throws SystemCallException {
    requireListening(fd);
    SystemCallException.check(Libc.setNonBlocking(fd), "fcntl of listening descriptor " + fd);
    return new UnixListener(fd, EventFd.open());
  }

  private static void requireListening(int fd) throws SystemCallException {
    int domain = Sockets.getsockopt(fd, SOL_SOCKET, SO_DOMAIN);
    boolean listens =
        domain == Sockets.AF_UNIX
            && Sockets.getsockopt(fd, SOL_SOCKET, SO_TYPE) == Sockets.SOCK_STREAM
            && Sockets.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN) == 1;
    if (!listens) {
      throw new SystemCallException(
          "take over descriptor " + fd,
          domain < 0 ? -domain : Errno.EINVAL,
          "It must be a Unix stream socket that listens");
    }
  }

  /** True if a process listens on the path. */
  public static boolean isServed(Path path) throws SystemCallException {
    int fd = openSocket();
    try (var arena = Arena.ofConfined()) {
      int result = Sockets.connect(fd, address(arena, path));
      if (result == -Errno.ECONNREFUSED || result == -Errno.ENOENT) {
        return false;
      }
      if (result == -Errno.EAGAIN) {
        // Its backlog is full.
        return true;
      }
      SystemCallException.check(result, "connect " + path);
      return true;
    } finally {
      Libc.close(fd);
    }
  }

  private static int openSocket() throws SystemCallException {
    return SystemCallException.checkInt(
        Sockets.socket(
            Sockets.AF_UNIX, Sockets.SOCK_STREAM | Sockets.SOCK_CLOEXEC | Sockets.SOCK_NONBLOCK, 0),
        "socket AF_UNIX");
  }

  private static MemorySegment address(Arena arena, Path path) throws SystemCallException {
    var bytes = path.toString().getBytes(StandardCharsets.UTF_8);
    if (bytes.length >= PATH_BYTES) {
      throw new SystemCallException("bind " + path, Errno.ENAMETOOLONG);
    }
    var address = arena.allocate(Short.BYTES + bytes.length + 1L, 2);
    address.set(ValueLayout.JAVA_SHORT, 0, (short) Sockets.AF_UNIX);
    MemorySegment.copy(bytes, 0, address, ValueLayout.JAVA_BYTE, Short.BYTES, bytes.length);
    return address;
  }

  /**
   * Waits for a client.
   *
   * @throws ClosedChannelException once the listener is closed
   */
  public UnixConnection accept() throws IOException {
    descriptors.acquire();
    try {
      while (true) {
        waiting.await();
        if (descriptors.isClosed()) {
          throw new ClosedChannelException();
        }
        // Woken by close: no client will follow.
        int client = waiting.isReady(0) ? Sockets.accept(fd, ACCEPT_CLOEXEC) : -Errno.EAGAIN;
        if (client >= 0) {
          return new UnixConnection(client);
        }
        if (client != -Errno.EAGAIN && client != -Errno.EINTR && client != -Errno.ECONNABORTED) {
          throw new SystemCallException("accept", -client);
        }
      }
    } finally {
      descriptors.release();
    }
  }

  @Override
  public void close() {
    descriptors.ifOpen(wakeup::signal);
    descriptors.close();
  }
}
