package dev.wiremesh.wireguard.linux.tun;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;

/**
 * The TUN device exists but may not be opened, usually because of a container runtime's device
 * list.
 */
public final class TunDeniedException extends SystemCallException {
  private static final long serialVersionUID = 1;

  TunDeniedException(String call, int errno, String advice) {
    super(call, errno, advice);
  }
}
