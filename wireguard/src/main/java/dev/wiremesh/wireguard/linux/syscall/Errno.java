package dev.wiremesh.wireguard.linux.syscall;

import org.jspecify.annotations.Nullable;

/**
 * Error numbers of Linux, with their names and a description in plain words. They are the same on
 * all architectures that a JDK 25 runs on (asm-generic).
 */
public final class Errno {
  public static final int EPERM = 1;
  public static final int ENOENT = 2;
  public static final int ESRCH = 3;
  public static final int EINTR = 4;
  public static final int EIO = 5;
  public static final int ENXIO = 6;
  public static final int EBADF = 9;
  public static final int EAGAIN = 11;
  public static final int ENOMEM = 12;
  public static final int EACCES = 13;
  public static final int EFAULT = 14;
  public static final int EBUSY = 16;
  public static final int EEXIST = 17;
  public static final int ENODEV = 19;
  public static final int ENOTDIR = 20;
  public static final int EISDIR = 21;
  public static final int EINVAL = 22;
  public static final int ENFILE = 23;
  public static final int EMFILE = 24;
  public static final int ENOTTY = 25;
  public static final int ENOSPC = 28;
  public static final int EROFS = 30;
  public static final int EPIPE = 32;
  public static final int ERANGE = 34;
  public static final int ENAMETOOLONG = 36;
  public static final int ENOSYS = 38;
  public static final int ENOTEMPTY = 39;
  public static final int ELOOP = 40;
  public static final int EPROTO = 71;
  public static final int EBADFD = 77;
  public static final int ENOTSOCK = 88;
  public static final int EDESTADDRREQ = 89;
  public static final int EMSGSIZE = 90;
  public static final int EPROTOTYPE = 91;
  public static final int ENOPROTOOPT = 92;
  public static final int EPROTONOSUPPORT = 93;
  public static final int EOPNOTSUPP = 95;
  public static final int EAFNOSUPPORT = 97;
  public static final int EADDRINUSE = 98;
  public static final int EADDRNOTAVAIL = 99;
  public static final int ENETDOWN = 100;
  public static final int ENETUNREACH = 101;
  public static final int ENETRESET = 102;
  public static final int ECONNABORTED = 103;
  public static final int ECONNRESET = 104;
  public static final int ENOBUFS = 105;
  public static final int ENOTCONN = 107;
  public static final int ETIMEDOUT = 110;
  public static final int ECONNREFUSED = 111;
  public static final int EHOSTDOWN = 112;
  public static final int EHOSTUNREACH = 113;
  public static final int EDQUOT = 122;
  public static final int ENOKEY = 126;

  private Errno() {}

  /** Name and description, as in {@code EBUSY (in use)}; {@code errno 131} if unknown. */
  public static String describe(int errno) {
    var words = words(errno);
    return words == null ? "errno " + errno : words;
  }

  private static @Nullable String words(int errno) {
    return switch (errno) {
      case EPERM -> "EPERM (operation not permitted)";
      case ENOENT -> "ENOENT (no such file or entry)";
      case ESRCH -> "ESRCH (no such entry)";
      case EINTR -> "EINTR (interrupted)";
      case EIO -> "EIO (input or output error)";
      case ENXIO -> "ENXIO (no such device or address)";
      case EBADF -> "EBADF (bad file descriptor)";
      case EAGAIN -> "EAGAIN (try again)";
      case ENOMEM -> "ENOMEM (out of memory)";
      case EACCES -> "EACCES (permission denied)";
      case EFAULT -> "EFAULT (bad address)";
      case EBUSY -> "EBUSY (in use)";
      case EEXIST -> "EEXIST (exists already)";
      case ENODEV -> "ENODEV (no such device)";
      case ENOTDIR -> "ENOTDIR (not a folder)";
      case EISDIR -> "EISDIR (a folder)";
      case EINVAL -> "EINVAL (invalid argument)";
      case ENFILE -> "ENFILE (too many open files on this machine)";
      case EMFILE -> "EMFILE (too many open files)";
      case ENOTTY -> "ENOTTY (not for this kind of file)";
      case ENOSPC -> "ENOSPC (no space left)";
      case EROFS -> "EROFS (read-only file system)";
      case EPIPE -> "EPIPE (no reader)";
      case ERANGE -> "ERANGE (out of range)";
      case ENAMETOOLONG -> "ENAMETOOLONG (name too long)";
      case ENOSYS -> "ENOSYS (this kernel cannot do that)";
      case ENOTEMPTY -> "ENOTEMPTY (folder not empty)";
      case ELOOP -> "ELOOP (too many symbolic links)";
      case EPROTO -> "EPROTO (protocol error)";
      case EBADFD -> "EBADFD (file descriptor in bad state)";
      case ENOTSOCK -> "ENOTSOCK (not a socket)";
      case EDESTADDRREQ -> "EDESTADDRREQ (destination address required)";
      case EMSGSIZE -> "EMSGSIZE (message too long)";
      case EPROTOTYPE -> "EPROTOTYPE (wrong type of socket)";
      case ENOPROTOOPT -> "ENOPROTOOPT (no such option)";
      case EPROTONOSUPPORT -> "EPROTONOSUPPORT (protocol not supported)";
      case EOPNOTSUPP -> "EOPNOTSUPP (not supported)";
      case EAFNOSUPPORT -> "EAFNOSUPPORT (address family not supported)";
      case EADDRINUSE -> "EADDRINUSE (address in use)";
      case EADDRNOTAVAIL -> "EADDRNOTAVAIL (address not available)";
      case ENETDOWN -> "ENETDOWN (network is down)";
      case ENETUNREACH -> "ENETUNREACH (network unreachable)";
      case ENETRESET -> "ENETRESET (connection dropped by the network)";
      case ECONNABORTED -> "ECONNABORTED (connection aborted)";
      case ECONNRESET -> "ECONNRESET (connection reset)";
      case ENOBUFS -> "ENOBUFS (no buffer space)";
      case ENOTCONN -> "ENOTCONN (not connected)";
      case ETIMEDOUT -> "ETIMEDOUT (timed out)";
      case ECONNREFUSED -> "ECONNREFUSED (connection refused)";
      case EHOSTDOWN -> "EHOSTDOWN (host is down)";
      case EHOSTUNREACH -> "EHOSTUNREACH (no route to host)";
      case EDQUOT -> "EDQUOT (disk quota exceeded)";
      case ENOKEY -> "ENOKEY (a key is missing)";
      default -> null;
    };
  }
}
