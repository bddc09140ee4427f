package dev.wiremesh.wireguard.linux.syscall;

import static java.lang.foreign.ValueLayout.JAVA_INT;

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

  private static final MethodHandle SOCKET = NativeCall.of("socket", 3);
  private static final MethodHandle BIND = NativeCall.of("bind", 3);
  private static final MethodHandle CONNECT = NativeCall.of("connect", 3);
  private static final MethodHandle LISTEN = NativeCall.of("listen", 2);
  private static final MethodHandle ACCEPT = NativeCall.of("accept4", 4);
  private static final MethodHandle SHUTDOWN = NativeCall.of("shutdown", 2);
  private static final MethodHandle GETSOCKNAME = NativeCall.of("getsockname", 3);
  private static final MethodHandle GETSOCKOPT = NativeCall.of("getsockopt", 5);
  private static final MethodHandle SETSOCKOPT = NativeCall.of("setsockopt", 5);
  private static final MethodHandle RECV = NativeCall.of("recv", 4);
  private static final MethodHandle SEND = NativeCall.of("send", 4);

  private static final MethodHandle RECVMSG = NativeCall.of("recvmsg", 3);
  private static final MethodHandle SENDMMSG = NativeCall.of("sendmmsg", 4);

  private Sockets() {}

  public static int socket(int domain, int type, int protocol) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) SOCKET.invokeExact(state, (long) domain, (long) type, (long) protocol), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int bind(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) BIND.invokeExact(state, (long) fd, address.address(), address.byteSize()), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int connect(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) CONNECT.invokeExact(state, (long) fd, address.address(), address.byteSize()),
          state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int listen(int fd, int backlog) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) LISTEN.invokeExact(state, (long) fd, (long) backlog), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Accepts without asking for the client's address. */
  public static int accept(int fd, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long) ACCEPT.invokeExact(state, (long) fd, 0L, 0L, (long) flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static int shutdown(int fd, int how) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult((long) SHUTDOWN.invokeExact(state, (long) fd, (long) how), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Fills {@code address} with the local address of a socket. */
  public static int getsockname(int fd, MemorySegment address) {
    var state = NativeCall.errnoState();
    try (var arena = Arena.ofConfined()) {
      var length = arena.allocateFrom(JAVA_INT, (int) address.byteSize());
      return NativeCall.intResult(
          (long) GETSOCKNAME.invokeExact(state, (long) fd, address.address(), length.address()),
          state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /**
   * An option whose value is an int that is not negative.
   *
   * @return the value, or the negated error number
   */
  public static int getsockopt(int fd, int level, int option) {
    var state = NativeCall.errnoState();
    try (var arena = Arena.ofConfined()) {
      var value = arena.allocate(JAVA_INT);
      var length = arena.allocateFrom(JAVA_INT, (int) value.byteSize());
      int result =
          NativeCall.intResult(
              (long)
                  GETSOCKOPT.invokeExact(
                      state,
                      (long) fd,
                      (long) level,
                      (long) option,
                      value.address(),
                      length.address()),
              state);
      return result < 0 ? result : value.get(JAVA_INT, 0);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  /** Sets an option whose value is an int. */
  public static int setsockopt(int fd, int level, int option, int value) {
    try (var arena = Arena.ofConfined()) {
      return setsockopt(fd, level, option, arena.allocateFrom(JAVA_INT, value));
    }
  }

  /** Sets an option whose value is a structure. */
  public static int setsockopt(int fd, int level, int option, MemorySegment value) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.intResult(
          (long)
              SETSOCKOPT.invokeExact(
                  state, (long) fd, (long) level, (long) option, value.address(), value.byteSize()),
          state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long recv(int fd, long address, long length, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result(
          (long) RECV.invokeExact(state, (long) fd, address, length, (long) flags), state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }

  public static long send(int fd, long address, long length, int flags) {
    var state = NativeCall.errnoState();
    try {
      return NativeCall.result(
          (long) SEND.invokeExact(state, (long) fd, address, length, (long) flags), state);
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
      return NativeCall.result(
          (long) RECVMSG.invokeExact(state, (long) fd, message, (long) flags), state);
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
      return NativeCall.intResult(
          (long) SENDMMSG.invokeExact(state, (long) fd, messages, (long) count, (long) flags),
          state);
    } catch (Throwable e) {
      throw NativeCall.bug(e);
    }
  }
}
