package dev.wiremesh.core.ipam;

import dev.wiremesh.core.net.IpAddress;

/** The result of a request for an address. Messages are whole sentences for a condition. */
public sealed interface AddressChoice {

  /** The address that the owner may have; possibly its present one. */
  record Chosen(IpAddress address) implements AddressChoice {}

  /** The requested static address belongs to another owner. */
  record AddressInUse(IpAddress address, Owner holder, String message) implements AddressChoice {}

  /** The requested static address cannot be allocated from any pool of the network. */
  record AddressOutOfRange(IpAddress address, String message) implements AddressChoice {}

  /** The requested static address is reserved, and not granted to the owner's namespace. */
  record AddressReserved(IpAddress address, String message) implements AddressChoice {}

  /** The pools of the family have no free address. */
  record PoolExhausted(String message) implements AddressChoice {}
}
