package dev.wiremesh.operator.net;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.stream.Stream;

/** Addresses that are not reachable from everywhere: RFC 1918, 6598, 3927, 4193, 4291. */
public final class PrivateAddresses {
  private static final List<IpPrefix> RANGES =
      Stream.of(
              "10.0.0.0/8",
              "172.16.0.0/12",
              "192.168.0.0/16",
              "100.64.0.0/10",
              "169.254.0.0/16",
              "127.0.0.0/8",
              "fc00::/7",
              "fe80::/10",
              "::1/128")
          .map(IpPrefix::parse)
          .toList();

  private PrivateAddresses() {}

  /** Whether a host is the text of such an address; a name is not. */
  public static boolean isPrivate(String host) {
    try {
      var address = IpAddress.parse(host);
      return RANGES.stream().anyMatch(range -> range.contains(address));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
