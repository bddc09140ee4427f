package dev.wiremesh.wireguard.uapi;

/** A request that is answered with an error number. */
final class UapiException extends Exception {
  private static final long serialVersionUID = 1;

  private final int errno;

  /**
   * @param message for the log; it holds no key
   */
  UapiException(int errno, String message) {
    super(message);
    this.errno = errno;
  }

  UapiException(int errno, String message, Throwable cause) {
    super(message, cause);
    this.errno = errno;
  }

  /** The error number, see {@link dev.wiremesh.wireguard.linux.syscall.Errno}. */
  int errno() {
    return errno;
  }
}
