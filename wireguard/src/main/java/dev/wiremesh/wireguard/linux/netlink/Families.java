package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.wireguard.linux.syscall.Sockets;

/** Numbers of the address families. */
final class Families {
  private static final IpAddress ANY_V4 = IpAddress.v4(0);
  private static final IpAddress ANY_V6 = IpAddress.v6(0, 0);

  private Families() {}

  static int number(Family family) {
    return switch (family) {
      case IPV4 -> Sockets.AF_INET;
      case IPV6 -> Sockets.AF_INET6;
    };
  }

  /** True for IPv4 and IPv6; others (multicast, MPLS) are skipped. */
  static boolean known(int number) {
    return number == Sockets.AF_INET || number == Sockets.AF_INET6;
  }

  static Family of(int number) {
    return number == Sockets.AF_INET ? Family.IPV4 : Family.IPV6;
  }

  static IpAddress any(Family family) {
    return family == Family.IPV4 ? ANY_V4 : ANY_V6;
  }
}
