package dev.wiremesh.wireguard.linux.netlink;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;

/**
 * An address of an interface.
 *
 * @param prefixLength of the network that it lies in
 * @param prefixRoute whether the kernel keeps a route to that network in table main
 */
public record InterfaceAddress(
    int linkIndex, IpAddress address, int prefixLength, boolean prefixRoute) {

  /** A host address, for an interface whose routes are added separately. */
  public static InterfaceAddress single(int linkIndex, IpAddress address) {
    return new InterfaceAddress(linkIndex, address, address.family().bits(), false);
  }

  public IpPrefix network() {
    return IpPrefix.containing(address, prefixLength);
  }
}
