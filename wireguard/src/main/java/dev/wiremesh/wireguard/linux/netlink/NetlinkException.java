package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;

/**
 * A request that the kernel refused; the message includes the kernel's error text if there is one.
 */
public final class NetlinkException extends SystemCallException {
  private static final long serialVersionUID = 1;

  /**
   * @param request the request in words, as in {@code add route 10.70.0.0/16 dev 7}
   * @param kernelMessage the text of the extended acknowledgement, empty if there is none
   */
  NetlinkException(String request, int errno, String kernelMessage) {
    super(kernelMessage.isEmpty() ? request : request + " (kernel: " + kernelMessage + ")", errno);
  }
}
