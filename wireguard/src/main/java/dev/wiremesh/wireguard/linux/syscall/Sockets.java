package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/** System calls on sockets, with results and thread rule as in {@link Libc}. */
public final class Sockets {
  public static final int AF_UNIX = 1;
  public static final int AF_INET = 2;
  public static final int AF_INET6 = 10;
  public static final int AF_NETLINK = 16;

  public static final int SOCK_STREAM = 1;
  public static final int SOCK_DGRAM = 2;
  public static final int SOCK_RAW = 3;
  public static final int SOCK_NONBLOCK = 0x800;
  public static final int SOCK_CLOEXEC = 0x80000;

  public static final int MSG_PEEK = 2;
  public static final int MSG_TRUNC = 0x20;
  public static final int MSG_DONTWAIT = 0x40;
  public static final int MSG_NOSIGNAL = 0x4000;

  private static final MethodHandle SOCKET =
      NativeCall.of("socket", NativeCall.returningInt(JAVA_INT, JAVA_INT, JAVA_INT));
  private static final MethodHandle BIND =
      NativeCall.of("bind", NativeCall.returningInt(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle CONNECT =
      NativeCall.of("connect", NativeCall.returningInt(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle LISTEN =
      NativeCall.of("listen", NativeCall.returningInt(JAVA_INT, JAVA_INT));
  private static final MethodHandle ACCEPT =
      NativeCall.of("accept4", NativeCall.returningInt(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SHUTDOWN =
      NativeCall.of("shutdown", NativeCall.returningInt(JAVA_INT, JAVA_INT));
  private static final MethodHandle GETSOCKNAME =
      NativeCall.of("getsockname", NativeCall.returningInt(JAVA_INT, JAVA_LONG, JAVA_LONG));
  private static final MethodHandle SETSOCKOPT =
      NativeCall.of(
          "setsockopt", NativeCall.returningInt(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle RECV =
      NativeCall.of("recv", NativeCall.returningLong(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SEND =
      NativeCall.of("send", NativeCall.returningLong(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));

  private static final MethodHandle RECVMSG =
      NativeCall.of("recvmsg", NativeCall.returningLong(JAVA_INT, JAVA_LONG, JAVA_INT));
  private static final MethodHandle SENDMMSG =
      NativeCall.of("sendmmsg", NativeCall.returningInt(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_INT));

  private Sockets() {}

  public static int socket(int domain, int type, int protocol) {
    var state = NativeCall.errnoState();
    try {
      return (int)
          NativeCall.result((int) SOCKET.invokeExact(state, domain, type, protocol), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int bind(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try {
      return (int)
          NativeCall.result(
              (int) BIND.invokeExact(state, fd, address.address(), (int) address.byteSize()),
              state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int connect(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try {
      return (int)
          NativeCall.result(
              (int) CONNECT.invokeExact(state, fd, address.address(), (int) address.byteSize()),
              state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int listen(int fd, int backlog) {
    var state = NativeCall.errnoState();
    try {
      return (int) NativeCall.result((int) LISTEN.invokeExact(state, fd, backlog), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Accepts without asking for the client's address. */
  public static int accept(int fd, int flags) {
    var state = NativeCall.errnoState();
    try {
      return (int) NativeCall.result((int) ACCEPT.invokeExact(state, fd, 0L, 0L, flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int shutdown(int fd, int how) {
    var state = NativeCall.errnoState();
    try {
      return (int) NativeCall.result((int) SHUTDOWN.invokeExact(state, fd, how), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Fills {@code address} with the local address of a socket. */
  public static int getsockname(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try (var arena = Arena.ofConfined()) {
      var length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
      return (int)
          NativeCall.result(
              (int) GETSOCKNAME.invokeExact(state, fd, address.address(), length.address()), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Sets an option whose value is an int. */
  public static int setsockopt(int fd, int level, int option, int value) {
    var state = NativeCall.errnoState();
    try (var arena = Arena.ofConfined()) {
      long address = arena.allocateFrom(JAVA_INT, value).address();
      return (int)
          NativeCall.result(
              (int) SETSOCKOPT.invokeExact(state, fd, level, option, address, Integer.BYTES),
              state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long recv(int fd, long address, long length, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result((long) RECV.invokeExact(state, fd, address, length, flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long send(int fd, long address, long length, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result((long) SEND.invokeExact(state, fd, address, length, flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * @param message the address of a {@code struct msghdr}
   */
  public static long recvmsg(int fd, long message, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result((long) RECVMSG.invokeExact(state, fd, message, flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * Sends several messages; an error of a later one shows only when it is the first of the next
   * call.
   *
   * @param messages the address of an array of {@code struct mmsghdr}
   * @return how many were sent, at least 1
   */
  public static int sendmmsg(int fd, long messages, int count, int flags) {
    var state = NativeCall.errnoState();
    try {
      return (int)
          NativeCall.result((int) SENDMMSG.invokeExact(state, fd, messages, count, flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }
}
