package dev.wiremesh.core.ipam;

import dev.wiremesh.core.ipam.AddressChoice.AddressInUse;
import dev.wiremesh.core.ipam.AddressChoice.AddressOutOfRange;
import dev.wiremesh.core.ipam.AddressChoice.AddressReserved;
import dev.wiremesh.core.ipam.AddressChoice.Chosen;
import dev.wiremesh.core.ipam.AddressChoice.PoolExhausted;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The pools of a network and the allocation rules.
 *
 * <p>The choice depends only on the current leases. An owner keeps its address, gets a released one
 * back until another owner has it, and otherwise gets the lowest free address. Where that would
 * exceed the {@link PoolLimits}, a namespace gets its own oldest resting address instead, and a
 * Peer none that is kept for nodes.
 *
 * @param reuseAfter the quarantine of a released address before another owner may have it
 */
public record AddressPools(List<AddressPool> pools, Duration reuseAfter, PoolLimits limits) {
  public AddressPools {
    pools = List.copyOf(pools);
  }

  /** Chooses an address of the family. */
  public AddressChoice choose(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases, Instant now) {
    var bound = boundAddress(family, owner, leases);
    if (bound.isPresent()) {
      return new Chosen(bound.get());
    }
    var occupancy = new Occupancy(this, family, leases, now);
    return formerAddress(family, owner, leases, occupancy)
        .or(() -> oldestOfFullQuarantine(owner, occupancy))
        .or(() -> occupancy.lowestFree(owner))
        .or(() -> occupancy.firstFreeEarly(owner, any -> true))
        .or(() -> resting(owner, occupancy))
        .<AddressChoice>map(Chosen::new)
        .orElseGet(
            () -> new PoolExhausted(new PoolMessages(this).exhausted(family, owner, leases, now)));
  }

  /**
   * Checks a static request.
   *
   * @param granted blocks in which the owner's namespace may have reserved addresses
   */
  public AddressChoice request(
      IpAddress address,
      List<IpPrefix> granted,
      Owner owner,
      Map<IpAddress, AddressLease> leases,
      Instant now) {
    var pool = pools.stream().filter(it -> it.contains(address)).findFirst();
    if (pool.isEmpty()) {
      return new AddressOutOfRange(address, new PoolMessages(this).outOfRange(address));
    }
    var lease = leases.get(address);
    boolean isOwn = lease != null && lease.owner().equals(owner);
    if (lease != null && isOwn && lease.isBound()) {
      // Also without a grant: an address in use is never taken away.
      return new Chosen(address);
    }
    if (pool.get().isReserved(address)
        && granted.stream().noneMatch(block -> block.contains(address))) {
      return new AddressReserved(
          address, new PoolMessages(this).reserved(address, pool.get(), owner));
    }
    var occupancy = new Occupancy(this, address.family(), leases, now);
    boolean isHeld = occupancy.isHeld(address);
    if (isHeld && !isOwn && lease != null) {
      return new AddressInUse(address, lease.owner(), new PoolMessages(this).inUse(address, lease));
    }
    if (!pool.get().isReserved(address) && !occupancy.mayTake(pool.get(), address, owner)) {
      return new PoolExhausted(
          new PoolMessages(this).exhausted(address.family(), owner, leases, now));
    }
    return new Chosen(address);
  }

  public PoolUsage use(AddressPool pool, Map<IpAddress, AddressLease> leases, Instant now) {
    var occupancy = new Occupancy(this, pool.cidr().family(), leases, now);
    long allocated = 0;
    long quarantined = 0;
    long unreserved = 0;
    for (var entry : leases.entrySet()) {
      var address = entry.getKey();
      if (!pool.contains(address) || !occupancy.isHeld(address)) {
        continue;
      }
      if (entry.getValue().isBound()) {
        allocated++;
      } else {
        quarantined++;
      }
      if (!pool.isReserved(address)) {
        unreserved++;
      }
    }
    var free = pool.unreservedCapacity().subtract(BigInteger.valueOf(unreserved));
    return new PoolUsage(
        pool.name(),
        pool.capacity(),
        allocated,
        quarantined,
        free.min(occupancy.roomForPeers(pool)));
  }

  /**
   * Whether the lease of a released address may be forgotten before its time: it does not rest, and
   * neither do many newer ones of its namespace.
   */
  public boolean isSuperfluous(
      IpAddress address, Map<IpAddress, AddressLease> leases, Instant now) {
    return new Occupancy(this, address.family(), leases, now).quarantine().isSuperfluous(address);
  }

  List<AddressPool> of(Family family) {
    return pools.stream().filter(pool -> pool.cidr().family() == family).toList();
  }

  /** Whether the time of a released address is not over. */
  boolean isResting(AddressLease lease, Instant now) {
    var released = lease.releasedAt();
    return released != null && now.isBefore(released.plus(reuseAfter));
  }

  private Optional<IpAddress> boundAddress(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases) {
    return ofOwner(family, owner, leases)
        .filter(entry -> entry.getValue().isBound())
        .map(Map.Entry::getKey)
        .filter(address -> pools.stream().anyMatch(pool -> pool.contains(address)))
        .min(Comparator.naturalOrder());
  }

  /** An address that the owner released and that no other owner has yet. */
  private Optional<IpAddress> formerAddress(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases, Occupancy occupancy) {
    return ofOwner(family, owner, leases)
        .map(Map.Entry::getKey)
        .filter(address ->
            pools.stream()
                .filter(pool -> pool.contains(address) && !pool.isReserved(address))
                .anyMatch(pool -> occupancy.mayTake(pool, address, owner)))
        .min(Comparator.naturalOrder());
  }

  private static Stream<Map.Entry<IpAddress, AddressLease>> ofOwner(
      Family family, Owner owner, Map<IpAddress, AddressLease> leases) {
    return leases.entrySet().stream()
        .filter(entry -> entry.getKey().family() == family)
        .filter(entry -> entry.getValue().owner().equals(owner));
  }

  private Optional<IpAddress> oldestOfFullQuarantine(Owner owner, Occupancy occupancy) {
    var quarantine = occupancy.quarantine();
    return quarantine.isFull(owner.namespace())
        ? occupancy
            .firstFreeEarly(owner, released -> released.namespace().equals(owner.namespace()))
            .or(() -> quarantine.oldestOf(owner.namespace()))
            .filter(address ->
                pools.stream()
                    .filter(pool -> pool.contains(address))
                    .anyMatch(pool -> occupancy.mayTake(pool, address, owner)))
        : Optional.empty();
  }

  /** A node gets an address that rests rather than none, one of a former node first. */
  private static Optional<IpAddress> resting(Owner owner, Occupancy occupancy) {
    var quarantine = occupancy.quarantine();
    return owner.isNode()
        ? quarantine.oldestOf(owner.namespace()).or(quarantine::oldest)
        : Optional.empty();
  }
}
