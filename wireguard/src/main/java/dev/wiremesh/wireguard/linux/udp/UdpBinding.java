package dev.wiremesh.wireguard.linux.udp;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.CloseOnFailure;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.Sockets;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.BindException;

/**
 * Sockets of both families on one port.
 *
 * @param v4 descriptor; -1 where the kernel has no IPv4
 * @param v6 descriptor; -1 where the kernel has no IPv6
 */
record UdpBinding(int port, int v4, int v6) implements AutoCloseable {
  private static final int NONE = -1;
  private static final int ANY_PORT_ATTEMPTS = 100;

  /**
   * Socket buffers that absorb a burst while a thread is not scheduled; wireguard-go found 7 MiB to
   * be enough.
   */
  private static final int BUFFER_BYTES = 7 << 20;

  private static final int SOL_SOCKET = 1;
  private static final int SO_SNDBUF = 7;
  private static final int SO_RCVBUF = 8;
  private static final int SO_SNDBUFFORCE = 32;
  private static final int SO_RCVBUFFORCE = 33;
  private static final int IPPROTO_IP = 0;
  private static final int IP_PKTINFO = 8;
  private static final int IP_MTU_DISCOVER = 10;
  private static final int IP_RECVTOS = 13;

  /**
   * Outer packets may be fragmented on the path, as those of kernel WireGuard: behind a smaller
   * link that sends no ICMP errors, a tunnel would otherwise carry small packets only.
   */
  private static final int PMTUDISC_DONT = 0;

  private static final int IPPROTO_IPV6 = 41;
  private static final int IPV6_V6ONLY = 26;
  private static final int IPV6_RECVPKTINFO = 49;
  private static final int IPV6_RECVTCLASS = 66;
  private static final int IPV6_AUTOFLOWLABEL = 70;

  /**
   * @param port 0 lets the system choose one that is free in both families
   * @throws BindException if the port is taken
   */
  static UdpBinding open(int port) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        return openOnce(port);
      } catch (BindException e) {
        if (port != 0 || attempt == ANY_PORT_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static UdpBinding openOnce(int wanted) throws IOException {
    try (var opened = new CloseOnFailure()) {
      int v4 = openSocket(Sockets.AF_INET, IpAddress.v4(0), wanted);
      opened.add(() -> discard(v4));
      int port = v4 == NONE ? wanted : localPort(v4);
      int v6 = openSocket(Sockets.AF_INET6, IpAddress.v6(0, 0), port);
      opened.add(() -> discard(v6));
      if (v4 == NONE && v6 == NONE) {
        throw new SystemCallException("socket AF_INET and AF_INET6", Errno.EAFNOSUPPORT);
      }
      return opened.keep(new UdpBinding(v4 == NONE ? localPort(v6) : port, v4, v6));
    }
  }

  private static int openSocket(int family, IpAddress any, int port) throws IOException {
    int fd = Sockets.socket(family, Sockets.SOCK_DGRAM | Sockets.SOCK_CLOEXEC, 0);
    if (fd == -Errno.EAFNOSUPPORT) {
      return NONE;
    }
    SystemCallException.check(fd, "socket for UDP");
    try {
      prepare(fd, family);
      // A kernel that was booted with ipv6.disable=1 makes the socket and has no address for it.
      if (bind(fd, any, port)) {
        return fd;
      }
      Libc.close(fd);
      return NONE;
    } catch (IOException e) {
      Libc.close(fd);
      throw e;
    }
  }

  private static void discard(int fd) {
    if (fd != NONE) {
      Libc.close(fd);
    }
  }

  private static void prepare(int fd, int family) throws SystemCallException {
    if (family == Sockets.AF_INET) {
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IP, IP_PKTINFO, 1), "setsockopt IP_PKTINFO");
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IP, IP_RECVTOS, 1), "setsockopt IP_RECVTOS");
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DONT),
          "setsockopt IP_MTU_DISCOVER");
    } else {
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), "setsockopt IPV6_V6ONLY");
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1), "setsockopt IPV6_RECVPKTINFO");
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IPV6, IPV6_RECVTCLASS, 1), "setsockopt IPV6_RECVTCLASS");
      // The kernel's WireGuard labels no flow.
      SystemCallException.check(
          Sockets.setsockopt(fd, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 0),
          "setsockopt IPV6_AUTOFLOWLABEL");
    }
    setBuffer(fd, SO_RCVBUFFORCE, SO_RCVBUF);
    setBuffer(fd, SO_SNDBUFFORCE, SO_SNDBUF);
  }

  /** Sets a buffer size beyond the system's limit if privileged, else up to it. */
  private static void setBuffer(int fd, int force, int plain) {
    if (Sockets.setsockopt(fd, SOL_SOCKET, force, BUFFER_BYTES) < 0) {
      Sockets.setsockopt(fd, SOL_SOCKET, plain, BUFFER_BYTES);
    }
  }

  /** False if the kernel has no address of this family. */
  private static boolean bind(int fd, IpAddress any, int port) throws IOException {
    try (var arena = Arena.ofConfined()) {
      var address = arena.allocate(SockAddr.V6_BYTES, 8);
      int length = SockAddr.write(address, any, port, 0);
      int result = Sockets.bind(fd, address.asSlice(0, length));
      if (result == -Errno.EADDRNOTAVAIL && !any.isV4()) {
        return false;
      }
      if (result == -Errno.EADDRINUSE) {
        throw new BindException(
            "UDP port "
                + port
                + " is taken by another socket: see 'ss -lunp sport = "
                + port
                + "'");
      }
      SystemCallException.check(result, "bind UDP port " + port);
      return true;
    }
  }

  private static int localPort(int fd) throws SystemCallException {
    try (var arena = Arena.ofConfined()) {
      var address = arena.allocate(SockAddr.V6_BYTES, 8);
      SystemCallException.check(Sockets.getsockname(fd, address), "getsockname");
      return SockAddr.port(address);
    }
  }

  @Override
  public void close() {
    discard(v4);
    discard(v6);
  }
}
