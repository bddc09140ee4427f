package dev.wiremesh.core.ipam;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import java.math.BigInteger;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** The sentences that say why an address is not allocated, and what to write instead. */
final class PoolMessages {
  private final AddressPools network;

  PoolMessages(AddressPools network) {
    this.network = network;
  }

  String outOfRange(IpAddress address) {
    return "The address "
        + address
        + " is none that this network hands out: ask for one of "
        + network.pools().stream()
            .map(pool -> pool.cidr().toString())
            .collect(Collectors.joining(", "))
        + ", and no network or broadcast address.";
  }

  String inUse(IpAddress address, AddressLease lease) {
    var released = lease.releasedAt();
    return released == null
        ? "The address " + address + " belongs to " + lease.owner() + ": ask for another."
        : "The address "
            + address
            + " belonged to "
            + lease.owner()
            + " and rests until "
            + released.plus(network.reuseAfter())
            + ": wait, or ask for another.";
  }

  String reserved(IpAddress address, AddressPool pool, Owner owner) {
    return "The address "
        + address
        + " is in a reserved block of pool "
        + pool.name()
        + ", and namespace "
        + owner.namespace()
        + " has no grant for it: ask for another, or add {namespaces: {matchLabels:"
        + " {kubernetes.io/metadata.name: "
        + owner.namespace()
        + "}}, addresses: ["
        + address
        + "/"
        + address.family().bits()
        + "]} to spec.reservedGrants of the network.";
  }

  String exhausted(Family family, Owner owner, Map<IpAddress, AddressLease> leases, Instant now) {
    var version = family == Family.IPV4 ? "IPv4" : "IPv6";
    var pools = network.of(family);
    if (pools.isEmpty()) {
      return "This network has no " + version + " pool.";
    }
    var names = pools.stream().map(AddressPool::name).collect(Collectors.joining(", "));
    var sentence =
        "No " + version + " address is left in pool " + names + keptForNodes(owner, pools);
    return endOfNextQuarantine(pools, leases, now)
        .map(until ->
            sentence + "; the next one becomes free at " + until + ": wait, or add a pool.")
        .orElse(sentence + ": add a pool, or delete peers that are no longer needed.");
  }

  private String keptForNodes(Owner owner, List<AddressPool> pools) {
    var kept =
        pools.stream().map(network.limits()::keptForNodes).reduce(BigInteger.ZERO, BigInteger::add);
    return owner.isNode() || kept.signum() == 0
        ? ""
        : " for peers (" + kept + " kept for nodes, spec.limits.nodeAddressShare)";
  }

  private Optional<Instant> endOfNextQuarantine(
      List<AddressPool> pools, Map<IpAddress, AddressLease> leases, Instant now) {
    return leases.entrySet().stream()
        .filter(entry -> network.isResting(entry.getValue(), now))
        .filter(entry ->
            pools.stream()
                .anyMatch(
                    pool -> pool.contains(entry.getKey()) && !pool.isReserved(entry.getKey())))
        .flatMap(entry -> Optional.ofNullable(entry.getValue().releasedAt()).stream())
        .min(Comparator.naturalOrder())
        .map(released -> released.plus(network.reuseAfter()));
  }
}
