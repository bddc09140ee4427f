package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;

/** The TUN device is there, but may not be opened: a container runtime keeps it back. */
public final class TunDeniedException extends SystemCallException {
  private static final long serialVersionUID = 1;

  TunDeniedException(String call, int errno, String advice) {
    super(call, errno, advice);
  }
}
