package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.SystemCallException;

/** A request that the kernel refused; the message carries the kernel's own words if it gave any. */
public final class NetlinkException extends SystemCallException {
  private static final long serialVersionUID = 1;

  /**
   * @param request what was asked, as in {@code add route 10.70.0.0/16 dev 7}
   * @param kernelMessage the text of the extended acknowledgement, empty if there is none
   */
  NetlinkException(String request, int errno, String kernelMessage) {
    super(kernelMessage.isEmpty() ? request : request + " (kernel: " + kernelMessage + ")", errno);
  }
}
