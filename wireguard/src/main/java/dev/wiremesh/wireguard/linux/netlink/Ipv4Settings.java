package dev.wiremesh.wireguard.linux.netlink;

/**
 * What the sysctls under {@code net.ipv4.conf} say of one interface. Set through netlink, which
 * needs CAP_NET_ADMIN and no writable {@code /proc/sys}; IPv6 has no such door.
 *
 * @param forwarding whether packets that come in here may leave by another interface
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
