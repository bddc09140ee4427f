package dev.wiremesh.core.ipam;

import dev.wiremesh.core.net.IpAddress;

/** The answer to a request for an address; messages are whole sentences for a condition. */
public sealed interface AddressChoice {

  /** This address may be bound to the owner (it may be bound to it already). */
  record Chosen(IpAddress address) implements AddressChoice {}

  /** The address that was asked for by name belongs to somebody else. */
  record AddressInUse(IpAddress address, Owner holder, String message) implements AddressChoice {}

  /** The address that was asked for by name is none that this network can hand out. */
  record AddressOutOfRange(IpAddress address, String message) implements AddressChoice {}

  /** No address of this family is left. */
  record PoolExhausted(String message) implements AddressChoice {}
}
