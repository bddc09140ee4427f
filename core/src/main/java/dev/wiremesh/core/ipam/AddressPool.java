package dev.wiremesh.core.ipam;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * A range from which addresses are allocated.
 *
 * <p>The network address (in IPv6 the subnet-router anycast address, RFC 4291 section 2.6.1) and
 * the IPv4 broadcast address are never allocated, except in prefixes that have none: /31, /32 (RFC
 * 3021), /127 and /128 (RFC 6164).
 *
 * @param reserved ranges for static requests only; they may overlap and exceed the pool
 */
public record AddressPool(String name, IpPrefix cidr, List<IpPrefix> reserved) {
  public AddressPool {
    reserved = reserved.stream().filter(cidr::overlaps).sorted().toList();
  }

  /** Whether the address can be allocated, reserved ranges included. */
  public boolean contains(IpAddress address) {
    return cidr.contains(address)
        && address.compareTo(first()) >= 0
        && address.compareTo(last()) <= 0;
  }

  public boolean isReserved(IpAddress address) {
    return reserved.stream().anyMatch(range -> range.contains(address));
  }

  /** The number of addresses, reserved ranges included. */
  public BigInteger capacity() {
    return count(first(), last());
  }

  /** The number of addresses outside the reserved ranges. */
  public BigInteger unreservedCapacity() {
    var rest = capacity();
    for (var range : disjoint(reserved)) {
      var from = max(range.address(), first());
      var to = min(range.last(), last());
      if (from.compareTo(to) <= 0) {
        rest = rest.subtract(count(from, to));
      }
    }
    return rest;
  }

  /**
   * The lowest address that is neither reserved nor taken; reserved ranges are skipped as a whole.
   */
  public Optional<IpAddress> lowestFree(Predicate<IpAddress> taken) {
    var candidate = first();
    while (true) {
      var range = reservedAround(candidate);
      var end = range.isPresent() ? range.get().last() : candidate;
      if (range.isEmpty() && !taken.test(candidate)) {
        return Optional.of(candidate);
      }
      if (end.compareTo(last()) >= 0) {
        return Optional.empty();
      }
      candidate = end.plus(1);
    }
  }

  private Optional<IpPrefix> reservedAround(IpAddress address) {
    return reserved.stream().filter(range -> range.contains(address)).findFirst();
  }

  private IpAddress first() {
    return hasNetworkAddress() ? cidr.address().plus(1) : cidr.address();
  }

  private IpAddress last() {
    return cidr.address().isV4() && hasNetworkAddress() ? cidr.last().plus(-1) : cidr.last();
  }

  private boolean hasNetworkAddress() {
    return cidr.family().bits() - cidr.length() >= 2;
  }

  /** Removes contained prefixes: in sorted order a container precedes what it contains. */
  private static List<IpPrefix> disjoint(List<IpPrefix> sorted) {
    var apart = new ArrayList<IpPrefix>();
    for (var prefix : sorted) {
      if (apart.isEmpty() || !apart.getLast().contains(prefix)) {
        apart.add(prefix);
      }
    }
    return apart;
  }

  private static BigInteger count(IpAddress from, IpAddress to) {
    return number(to).subtract(number(from)).add(BigInteger.ONE);
  }

  private static BigInteger number(IpAddress address) {
    return new BigInteger(1, address.toBytes());
  }

  private static IpAddress max(IpAddress one, IpAddress other) {
    return one.compareTo(other) >= 0 ? one : other;
  }

  private static IpAddress min(IpAddress one, IpAddress other) {
    return one.compareTo(other) <= 0 ? one : other;
  }
}
