package dev.wiremesh.agent.host.link;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.view.Mtu;
import java.util.List;

/**
 * The interface of a network, its addresses and its MTU.
 *
 * @param pathMtuBytes measured limit of an automatic MTU; 0 for none
 */
public record LinkPlan(String interfaceName, List<IpAddress> addresses, Mtu mtu, int pathMtuBytes) {
  public LinkPlan {
    addresses = List.copyOf(addresses);
  }

  /** A link without a measured limit. */
  public LinkPlan(String interfaceName, List<IpAddress> addresses, Mtu mtu) {
    this(interfaceName, addresses, mtu, 0);
  }

  /** Whether the interface has an IPv6 address, which the kernel refuses below 1280 bytes. */
  public boolean hasIpv6Address() {
    return addresses.stream().anyMatch(address -> !address.isV4());
  }

  /** The MTU that is admitted, where the underlay admits this one. */
  public int limited(int underlayMtu) {
    return pathMtuBytes == 0 || mtu instanceof Mtu.Fixed
        ? underlayMtu
        : Math.min(underlayMtu, pathMtuBytes);
  }
}
