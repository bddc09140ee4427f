package dev.wiremesh.operator.ipam;

import dev.wiremesh.core.net.IpAddress;

/** The name of an address's IPAllocation: one name for all notations of an address. */
final class AllocationName {
  private AllocationName() {}

  /** {@code home.10.70.0.5}, {@code home.fd00-0-0-0-0-0-0-5}. */
  static String of(String network, IpAddress address) {
    if (address.isV4()) {
      return network + "." + address;
    }
    var text = new StringBuilder(network).append('.');
    for (int group = 0; group < 8; group++) {
      long half = group < 4 ? address.hi() : address.lo();
      text.append(group == 0 ? "" : "-")
          .append(Long.toHexString(half >>> (48 - 16 * (group % 4)) & 0xffff));
    }
    return text.toString();
  }
}
