package dev.wiremesh.wireguard.linux.netlink;

/**
 * The sysctls under {@code net.ipv4.conf} of one interface. Set through netlink, which needs
 * CAP_NET_ADMIN but no writable {@code /proc/sys}; IPv6 has no such interface.
 *
 * @param forwarding whether packets that arrive here may leave by another interface
 * @param sourceValidMark whether the reverse path filter looks up with the packet's mark
 */
public record Ipv4Settings(
    boolean forwarding, ReversePathFilter reversePathFilter, boolean sourceValidMark) {

  /** The kernel applies the stricter of the interface's value and that of {@code conf.all}. */
  public enum ReversePathFilter {
    OFF,
    STRICT,
    LOOSE
  }
}
