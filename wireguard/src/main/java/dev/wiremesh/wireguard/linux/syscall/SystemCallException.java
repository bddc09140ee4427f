package dev.wiremesh.wireguard.linux.syscall;

import java.io.IOException;

/**
 * A failed system call. The message names the call with its object, the error and, where known, the
 * remedy.
 */
public class SystemCallException extends IOException {
  private static final long serialVersionUID = 1;

  private final int errno;

  /**
   * @param call the call with its object, as in {@code open /dev/net/tun}
   */
  public SystemCallException(String call, int errno) {
    super(call + ": " + Errno.describe(errno));
    this.errno = errno;
  }

  /**
   * @param advice a sentence that names the missing condition or the remedy
   */
  public SystemCallException(String call, int errno, String advice) {
    super(call + ": " + Errno.describe(errno) + ". " + advice);
    this.errno = errno;
  }

  /** The error number, see {@link Errno}. */
  public final int errno() {
    return errno;
  }

  /**
   * Turns the return value of {@link Libc} or {@link Sockets} into an exception if it is an error.
   *
   * @param result not negative, or the negated error number
   */
  public static long check(long result, String call) throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException(call, (int) -result);
    }
    return result;
  }

  /** Like {@link #check}, for results that are an int: a file descriptor, a count. */
  public static int checkInt(long result, String call) throws SystemCallException {
    return Math.toIntExact(check(result, call));
  }
}
