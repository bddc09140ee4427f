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

  /**
   * Parses {@code address/length}; a bare address is its /32 or /128.
   *
   * @throws dev.wiremesh.core.net.InvalidAddressException saying what is wrong
   */
  public static AddressWithPrefix parse(String text) {
    int slash = text.indexOf('/');
    var address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
    return slash < 0
        ? single(address)
        : new AddressWithPrefix(address, IpPrefix.parseMasked(text).length());
  }

  @Override
  public String toString() {
    return address + "/" + prefixLength;
  }
}
