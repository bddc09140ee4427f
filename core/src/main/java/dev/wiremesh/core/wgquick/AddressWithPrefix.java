package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;

/**
 * An address of an interface with the length of its on-link prefix. Unlike {@link IpPrefix} it has
 * host bits.
 */
public record AddressWithPrefix(IpAddress address, int prefixLength) {

  /** The address alone, as /32 or /128. */
  public static AddressWithPrefix single(IpAddress address) {
    return new AddressWithPrefix(address, address.family().bits());
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }
}
