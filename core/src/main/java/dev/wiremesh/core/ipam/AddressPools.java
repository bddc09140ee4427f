package dev.wiremesh.core.ipam;

import dev.wiremesh.core.ipam.AddressChoice.AddressInUse;
import dev.wiremesh.core.ipam.AddressChoice.AddressOutOfRange;
import dev.wiremesh.core.ipam.AddressChoice.Chosen;
import dev.wiremesh.core.ipam.AddressChoice.PoolExhausted;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The pools of a network and the allocation rules.
 *
 * <p>The choice depends only on the current leases. An owner keeps its address, gets a released one
 * back until another owner has it, and otherwise gets the lowest free address.
 *
 * @param reuseAfter the quarantine of a released address before another owner may have it
 */
public record AddressPools(List<AddressPool> pools, Duration reuseAfter) {
  public AddressPools {
    pools = List.copyOf(pools);
  }

  /** Chooses an address of the family. */
  public AddressChoice choose(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases, Instant now) {
    var candidates = pools.stream().filter(pool -> pool.cidr().family() == family).toList();
    var own = ownAddress(family, owner, leases);
    if (own.isPresent()) {
      return new Chosen(own.get());
    }
    for (var pool : candidates) {
      var free = pool.lowestFree(address -> isTaken(leases.get(address), owner, now));
      if (free.isPresent()) {
        return new Chosen(free.get());
      }
    }
    return new PoolExhausted(exhausted(family, candidates, leases, now));
  }

  /** Checks a static request, which may name a reserved address. */
  public AddressChoice request(
      IpAddress address, Owner owner, Map<IpAddress, AddressLease> leases, Instant now) {
    if (pools.stream().noneMatch(pool -> pool.contains(address))) {
      return new AddressOutOfRange(address, outOfRange(address));
    }
    var lease = leases.get(address);
    if (lease == null || !isTaken(lease, owner, now)) {
      return new Chosen(address);
    }
    var until = lease.releasedAt();
    return new AddressInUse(
        address,
        lease.owner(),
        until == null
            ? "The address " + address + " belongs to " + lease.owner() + ": ask for another."
            : "The address "
                + address
                + " belonged to "
                + lease.owner()
                + " and rests until "
                + until.plus(reuseAfter)
                + ": wait, or ask for another.");
  }

  public PoolUsage use(AddressPool pool, Map<IpAddress, AddressLease> leases, Instant now) {
    long allocated = 0;
    long quarantined = 0;
    long unreserved = 0;
    for (var entry : leases.entrySet()) {
      var lease = entry.getValue();
      if (!pool.contains(entry.getKey()) || isFree(lease, now)) {
        continue;
      }
      if (lease.isBound()) {
        allocated++;
      } else {
        quarantined++;
      }
      if (!pool.isReserved(entry.getKey())) {
        unreserved++;
      }
    }
    var free = pool.unreservedCapacity().subtract(BigInteger.valueOf(unreserved));
    return new PoolUsage(pool.name(), pool.capacity(), allocated, quarantined, free);
  }

  /** The owner's bound address, or one that it released and that no other owner has yet. */
  private Optional<IpAddress> ownAddress(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases) {
    return leases.entrySet().stream()
        .filter(entry -> entry.getKey().family() == family)
        .filter(entry -> entry.getValue().owner().equals(owner))
        .filter(entry -> mayBeGivenBack(entry.getKey(), entry.getValue()))
        .min(
            Comparator.<Map.Entry<IpAddress, AddressLease>, Boolean>comparing(
                    entry -> !entry.getValue().isBound())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey);
  }

  private boolean mayBeGivenBack(IpAddress address, AddressLease lease) {
    return pools.stream()
        .anyMatch(pool -> pool.contains(address) && (lease.isBound() || !pool.isReserved(address)));
  }

  private boolean isTaken(@Nullable AddressLease lease, Owner by, Instant now) {
    return lease != null && !lease.owner().equals(by) && !isFree(lease, now);
  }

  private boolean isFree(AddressLease lease, Instant now) {
    var released = lease.releasedAt();
    return released != null && !now.isBefore(released.plus(reuseAfter));
  }

  private String outOfRange(IpAddress address) {
    return "The address "
        + address
        + " is none that this network hands out: ask for one of "
        + pools.stream().map(pool -> pool.cidr().toString()).collect(Collectors.joining(", "))
        + ", and no network or broadcast address.";
  }

  private String exhausted(
      Family family,
      List<AddressPool> candidates,
      Map<IpAddress, AddressLease> leases,
      Instant now) {
    var version = family == Family.IPV4 ? "IPv4" : "IPv6";
    if (candidates.isEmpty()) {
      return "This network has no " + version + " pool.";
    }
    var names = candidates.stream().map(AddressPool::name).collect(Collectors.joining(", "));
    var sentence = "No " + version + " address is left in pool " + names;
    return endOfNextQuarantine(candidates, leases, now)
        .map(until ->
            sentence + "; the next one becomes free at " + until + ": wait, or add a pool.")
        .orElse(sentence + ": add a pool, or delete peers that are no longer needed.");
  }

  private Optional<Instant> endOfNextQuarantine(
      List<AddressPool> candidates, Map<IpAddress, AddressLease> leases, Instant now) {
    return leases.entrySet().stream()
        .filter(entry -> !entry.getValue().isBound() && !isFree(entry.getValue(), now))
        .filter(entry ->
            candidates.stream()
                .anyMatch(
                    pool -> pool.contains(entry.getKey()) && !pool.isReserved(entry.getKey())))
        .flatMap(entry -> Optional.ofNullable(entry.getValue().releasedAt()).stream())
        .min(Comparator.naturalOrder())
        .map(released -> released.plus(reuseAfter));
  }
}
