package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;

/**
 * Ids of other network namespaces as this one numbers them. An id does not keep its namespace
 * alive, and ends with it.
 */
public final class Namespaces {
  private static final int RTGENMSG_BYTES = 4;
  private static final int NETNSA_NSID = 1;
  private static final int NETNSA_FD = 3;
  private static final int NONE = -1;

  private final Rtnetlink netlink;

  Namespaces(Rtnetlink netlink) {
    this.netlink = netlink;
  }

  /** The id of the namespace of {@code fd}; one is assigned if it has none. */
  public int idOf(int fd) throws SystemCallException {
    int id = known(fd);
    if (id != NONE) {
      return id;
    }
    try {
      netlink.execute(
          request(Rtm.NEWNSID, fd).attribute(NETNSA_NSID, NONE), "number a network namespace");
    } catch (NetlinkException e) {
      // The kernel gives numbers too, as when an interface is moved there.
      if (e.errno() != Errno.EEXIST) {
        throw e;
      }
    }
    return known(fd);
  }

  private int known(int fd) throws SystemCallException {
    return netlink
        .exchange(
            request(Rtm.GETNSID, fd),
            "get the number of a network namespace",
            message -> message.attributes(RTGENMSG_BYTES).intOr(NETNSA_NSID, NONE))
        .stream()
        .findFirst()
        .orElse(NONE);
  }

  private static NetlinkRequest request(int type, int fd) {
    // The family, and padding.
    return new NetlinkRequest(type, 0).u32(0).attribute(NETNSA_FD, fd);
  }
}
