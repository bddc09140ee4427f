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
 * The pools of a network and the rules of handing out from them.
 *
 * <p>The choice depends only on what is held now: whoever holds an address keeps it, whoever comes
 * back in time gets the same one again, everybody else gets the lowest free one.
 *
 * @param reuseAfter how long a released address rests before somebody else may have it
 */
public record AddressPools(List<AddressPool> pools, Duration reuseAfter) {
  public AddressPools {
    pools = List.copyOf(pools);
  }

  /** Any address of a family. */
  public AddressChoice choose(
      Family family, Owner owner, Map<IpAddress, AddressLease> holdings, Instant now) {
    var candidates = pools.stream().filter(pool -> pool.cidr().family() == family).toList();
    var own = ownAddress(family, owner, holdings);
    if (own.isPresent()) {
      return new Chosen(own.get());
    }
    for (var pool : candidates) {
      var free = pool.lowestFree(address -> isTaken(holdings.get(address), owner, now));
      if (free.isPresent()) {
        return new Chosen(free.get());
      }
    }
    return new PoolExhausted(exhausted(family, candidates, holdings, now));
  }

  /** An address that was asked for by name. It may be a reserved one. */
  public AddressChoice request(
      IpAddress address, Owner owner, Map<IpAddress, AddressLease> holdings, Instant now) {
    if (pools.stream().noneMatch(pool -> pool.contains(address))) {
      return new AddressOutOfRange(address, outOfRange(address));
    }
    var holding = holdings.get(address);
    if (holding == null || !isTaken(holding, owner, now)) {
      return new Chosen(address);
    }
    var until = holding.releasedAt();
    return new AddressInUse(
        address,
        holding.owner(),
        until == null
            ? "The address " + address + " belongs to " + holding.owner() + ": ask for another."
            : "The address "
                + address
                + " belonged to "
                + holding.owner()
                + " and rests until "
                + until.plus(reuseAfter)
                + ": wait, or ask for another.");
  }

  public PoolUsage use(AddressPool pool, Map<IpAddress, AddressLease> holdings, Instant now) {
    long allocated = 0;
    long quarantined = 0;
    long unreserved = 0;
    for (var entry : holdings.entrySet()) {
      var holding = entry.getValue();
      if (!pool.contains(entry.getKey()) || isFree(holding, now)) {
        continue;
      }
      if (holding.isBound()) {
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

  /** Bound to the owner already, or released by it and not yet gone to somebody else. */
  private Optional<IpAddress> ownAddress(
      Family family, Owner owner, Map<IpAddress, AddressLease> holdings) {
    return holdings.entrySet().stream()
        .filter(entry -> entry.getKey().family() == family)
        .filter(entry -> entry.getValue().owner().equals(owner))
        .filter(entry -> mayComeBack(entry.getKey(), entry.getValue()))
        .min(
            Comparator.<Map.Entry<IpAddress, AddressLease>, Boolean>comparing(
                    entry -> !entry.getValue().isBound())
                .thenComparing(Map.Entry::getKey))
        .map(Map.Entry::getKey);
  }

  private boolean mayComeBack(IpAddress address, AddressLease holding) {
    return pools.stream()
        .anyMatch(
            pool -> pool.contains(address) && (holding.isBound() || !pool.isReserved(address)));
  }

  private boolean isTaken(@Nullable AddressLease holding, Owner by, Instant now) {
    return holding != null && !holding.owner().equals(by) && !isFree(holding, now);
  }

  private boolean isFree(AddressLease holding, Instant now) {
    var released = holding.releasedAt();
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
      Map<IpAddress, AddressLease> holdings,
      Instant now) {
    var version = family == Family.IPV4 ? "IPv4" : "IPv6";
    if (candidates.isEmpty()) {
      return "This network has no " + version + " pool.";
    }
    var names = candidates.stream().map(AddressPool::name).collect(Collectors.joining(", "));
    var sentence = "No " + version + " address is left in pool " + names;
    return nextToRest(candidates, holdings, now)
        .map(until ->
            sentence + "; the next one becomes free at " + until + ": wait, or add a pool.")
        .orElse(sentence + ": add a pool, or delete peers that are no longer needed.");
  }

  private Optional<Instant> nextToRest(
      List<AddressPool> candidates, Map<IpAddress, AddressLease> holdings, Instant now) {
    return holdings.entrySet().stream()
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
