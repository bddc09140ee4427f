package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.wireguard.linux.syscall.Sockets;

/** Address families as numbers. */
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

  /** Whether it is one of the two that we know; others (multicast, MPLS) are skipped. */
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
