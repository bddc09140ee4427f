package dev.wiremesh.core.ipam;

import dev.wiremesh.core.ipam.Quarantine.Released;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The leases of one address family at one moment: which addresses an owner may take. Computed from
 * the current leases for one decision.
 */
final class Occupancy {
  private final PoolLimits limits;
  private final List<AddressPool> pools;
  private final Quarantine quarantine;
  private final Set<IpAddress> held = new HashSet<>();

  /** Unreserved addresses that Peers have, bound or resting, by pool. */
  private final Map<AddressPool, Integer> heldByPeers = new HashMap<>();

  /** Unreserved addresses that are bound to Peers, by pool. */
  private final Map<AddressPool, Integer> boundToPeers = new HashMap<>();

  Occupancy(AddressPools network, Family family, Map<IpAddress, AddressLease> leases, Instant now) {
    this.limits = network.limits();
    this.pools = network.of(family);
    this.quarantine = quarantine(network, leases, now);
    leases.forEach((address, lease) -> {
      var pool = poolOf(address);
      if (pool.isEmpty()) {
        return;
      }
      if (pool.get().isReserved(address)) {
        // Reserved addresses are no part of the shares: they rest for their whole time.
        if (lease.isBound() || network.isResting(lease, now)) {
          held.add(address);
        }
      } else if (lease.isBound() || quarantine.contains(address)) {
        held.add(address);
        if (!lease.owner().isNode()) {
          heldByPeers.merge(pool.get(), 1, Integer::sum);
          if (lease.isBound()) {
            boundToPeers.merge(pool.get(), 1, Integer::sum);
          }
        }
      }
    });
  }

  private Quarantine quarantine(
      AddressPools network, Map<IpAddress, AddressLease> leases, Instant now) {
    var released = new ArrayList<Released>();
    leases.forEach((address, lease) -> {
      var at = lease.releasedAt();
      if (at != null
          && network.isResting(lease, now)
          && poolOf(address).filter(pool -> !pool.isReserved(address)).isPresent()) {
        released.add(new Released(address, lease.owner().namespace(), at));
      }
    });
    var forPeers = pools.stream().map(limits::forPeers).reduce(BigInteger.ZERO, BigInteger::add);
    return new Quarantine(released, limits.restingPerNamespace(), limits.mostResting(forPeers));
  }

  Quarantine quarantine() {
    return quarantine;
  }

  /** Whether the address is bound or rests. */
  boolean isHeld(IpAddress address) {
    return held.contains(address);
  }

  /**
   * Whether the owner may take an unreserved address of the pool. One that rests is counted
   * already, but another one may rest in its place.
   */
  boolean mayTake(AddressPool pool, IpAddress address, Owner owner) {
    return owner.isNode()
        || (isHeld(address) ? isBelowShare(pool) : roomForPeers(pool).signum() > 0);
  }

  private boolean isBelowShare(AddressPool pool) {
    var bound = BigInteger.valueOf(boundToPeers.getOrDefault(pool, 0));
    return bound.compareTo(limits.forPeers(pool)) < 0;
  }

  /** The number of unreserved addresses that the share of the nodes still leaves to Peers. */
  BigInteger roomForPeers(AddressPool pool) {
    return limits
        .forPeers(pool)
        .subtract(BigInteger.valueOf(heldByPeers.getOrDefault(pool, 0)))
        .max(BigInteger.ZERO);
  }

  /** The lowest address that nothing is known of, or whose quarantine is over. */
  Optional<IpAddress> lowestFree(Owner owner) {
    return withRoom(owner)
        .flatMap(pool ->
            pool.lowestFree(address -> isHeld(address) || quarantine.isFreeEarly(address)).stream())
        .findFirst();
  }

  /** Of the addresses that are free early, the one that was released first. */
  Optional<IpAddress> firstFreeEarly(Owner owner, Predicate<Released> which) {
    var open = withRoom(owner).toList();
    return quarantine.freeEarly().stream()
        .filter(which)
        .map(Released::address)
        .filter(address -> open.stream().anyMatch(pool -> pool.contains(address)))
        .findFirst();
  }

  private Stream<AddressPool> withRoom(Owner owner) {
    return pools.stream().filter(pool -> owner.isNode() || roomForPeers(pool).signum() > 0);
  }

  private Optional<AddressPool> poolOf(IpAddress address) {
    return pools.stream().filter(pool -> pool.contains(address)).findFirst();
  }
}
