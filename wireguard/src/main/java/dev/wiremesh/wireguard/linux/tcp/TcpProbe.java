package dev.wiremesh.wireguard.linux.tcp;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import dev.wiremesh.wireguard.linux.udp.SockAddr;
import java.lang.foreign.Arena;
import java.time.Duration;

/**
 * A TCP connection that is opened and closed at once, with a mark of the caller's choice, so that
 * policy routing can be asked for another way. Blocks its thread, which must be a platform thread.
 */
public final class TcpProbe {
  private static final int SOL_SOCKET = 1;
  private static final int SO_ERROR = 4;
  private static final int SO_MARK = 36;
  private static final int SOL_TCP = 6;
  private static final int TCP_SYNCNT = 7;
  private static final int EINPROGRESS = 115;

  private TcpProbe() {}

  /**
   * Whether a connection can be opened, in the network namespace of the calling thread.
   *
   * @param mark of the socket; 0 for none, others need CAP_NET_ADMIN
   * @throws SystemCallException if the socket cannot be made or marked
   */
  public static boolean connects(IpAddress address, int port, int mark, Duration timeout)
      throws SystemCallException {
    int fd =
        SystemCallException.checkInt(
            Sockets.socket(
                address.isV4() ? Sockets.AF_INET : Sockets.AF_INET6,
                Sockets.SOCK_STREAM | Sockets.SOCK_NONBLOCK | Sockets.SOCK_CLOEXEC,
                0),
            "socket");
    try (var arena = Arena.ofConfined()) {
      if (mark != 0) {
        SystemCallException.check(
            Sockets.setsockopt(fd, SOL_SOCKET, SO_MARK, mark), "setsockopt SO_MARK " + mark);
      }
      int _ = Sockets.setsockopt(fd, SOL_TCP, TCP_SYNCNT, 2);
      var target = arena.allocate(SockAddr.V6_BYTES, Long.BYTES);
      int length = SockAddr.write(target, address, port, 0);
      int result = Sockets.connect(fd, target.asSlice(0, length));
      return result == 0 || result == -EINPROGRESS && isOpenWithin(fd, timeout, arena);
    } finally {
      Libc.close(fd);
    }
  }

  private static boolean isOpenWithin(int fd, Duration timeout, Arena arena)
      throws SystemCallException {
    var pollfd = arena.allocate(Libc.POLLFD_BYTES, Integer.BYTES);
    pollfd.set(JAVA_INT, 0, fd);
    pollfd.set(JAVA_SHORT, Integer.BYTES, Libc.POLLOUT);
    long ready =
        SystemCallException.check(
            Libc.poll(pollfd.address(), 1, Math.toIntExact(timeout.toMillis())), "poll");
    return ready > 0 && Sockets.getsockopt(fd, SOL_SOCKET, SO_ERROR) == 0;
  }
}
