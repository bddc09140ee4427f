package dev.wiremesh.core.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AddressPoolsTest {
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration DAY = Duration.ofHours(24);
  private static final List<IpPrefix> ALL = List.of(IpPrefix.parse("0.0.0.0/0"));
  private static final Owner LAPTOP = new Owner("Peer", "default", "laptop");
  private static final Owner PHONE = new Owner("Peer", "default", "phone");

  @Test
  void lowestFreeAddressIsChosen() {
    var pools = pools(pool("10.70.0.0/16", "10.70.0.0/28"));
    assertThat(choose(pools, LAPTOP, Map.of())).isEqualTo(chosen("10.70.0.16"));
    assertThat(choose(pools, LAPTOP, Map.of(ip("10.70.0.16"), AddressLease.bound(PHONE))))
        .isEqualTo(chosen("10.70.0.17"));
  }

  @Test
  void ownerKeepsItsAddress() {
    var pools = pools(pool("10.70.0.0/16"));
    assertThat(choose(pools, LAPTOP, Map.of(ip("10.70.9.9"), AddressLease.bound(LAPTOP))))
        .isEqualTo(chosen("10.70.9.9"));
  }

  @Test
  void releasedAddressIsInQuarantineForOthersAndFreeForItsOwner() {
    var pools = pools(pool("10.70.0.0/30"));
    var released = new AddressLease(LAPTOP, NOW.minus(Duration.ofHours(23)));
    var leases = Map.of(ip("10.70.0.1"), released);

    assertThat(choose(pools, LAPTOP, leases)).isEqualTo(chosen("10.70.0.1"));
    assertThat(choose(pools, PHONE, leases)).isEqualTo(chosen("10.70.0.2"));
    assertThat(pools.request(ip("10.70.0.1"), List.of(), PHONE, leases, NOW))
        .isEqualTo(
            new AddressInUse(
                ip("10.70.0.1"),
                LAPTOP,
                "The address 10.70.0.1 belonged to Peer default/laptop and rests until"
                    + " 2026-03-01T13:00:00Z: wait, or ask for another."));
    var later = NOW.plus(Duration.ofHours(1));
    assertThat(pools.choose(Family.IPV4, PHONE, leases, later)).isEqualTo(chosen("10.70.0.1"));
    assertThat(pools.choose(Family.IPV4, LAPTOP, leases, later)).isEqualTo(chosen("10.70.0.1"));
  }

  @Test
  void messageOfAFullPoolNamesTheEndOfTheNextQuarantine() {
    var pools = pools(pool("10.70.0.0/30"));
    var leases =
        Map.of(
            ip("10.70.0.1"),
            AddressLease.bound(PHONE),
            ip("10.70.0.2"),
            new AddressLease(PHONE, NOW.minus(Duration.ofHours(20))));

    assertThat(choose(pools, LAPTOP, leases))
        .isEqualTo(
            new PoolExhausted(
                "No IPv4 address is left in pool p0; the next one becomes free at"
                    + " 2026-03-01T16:00:00Z: wait, or add a pool."));
    assertThat(
            choose(
                pools,
                LAPTOP,
                Map.of(
                    ip("10.70.0.1"), AddressLease.bound(PHONE),
                    ip("10.70.0.2"), AddressLease.bound(PHONE))))
        .isEqualTo(
            new PoolExhausted(
                "No IPv4 address is left in pool p0: add a pool, or delete peers that are no"
                    + " longer needed."));
    assertThat(pools.choose(Family.IPV6, LAPTOP, Map.of(), NOW))
        .isEqualTo(new PoolExhausted("This network has no IPv6 pool."));
  }

  @Test
  void secondPoolIsUsedWhenTheFirstIsFull() {
    var pools = pools(pool("10.70.0.4/32"), pool("10.80.0.0/24"));
    var leases = Map.of(ip("10.70.0.4"), AddressLease.bound(PHONE));
    assertThat(choose(pools, LAPTOP, leases)).isEqualTo(chosen("10.80.0.1"));
  }

  @Test
  void reservedAddressNeedsAStaticRequest() {
    var pools = pools(pool("10.70.0.0/24", "10.70.0.0/28"));
    var hub = new Owner("MeshNode", "", "home.hub");
    assertThat(pools.request(ip("10.70.0.1"), ALL, hub, Map.of(), NOW))
        .isEqualTo(chosen("10.70.0.1"));
    // A bound reserved address stays; a released one is not chosen again without a request.
    assertThat(choose(pools, hub, Map.of(ip("10.70.0.1"), AddressLease.bound(hub))))
        .isEqualTo(chosen("10.70.0.1"));
    assertThat(choose(pools, hub, Map.of(ip("10.70.0.1"), new AddressLease(hub, NOW))))
        .isEqualTo(chosen("10.70.0.16"));
  }

  @Test
  void reservedAddressNeedsAGrantForTheNamespace() {
    var pools = pools(pool("10.70.0.0/24", "10.70.0.0/28"));
    assertThat(pools.request(ip("10.70.0.1"), List.of(), LAPTOP, Map.of(), NOW))
        .isEqualTo(
            new AddressReserved(
                ip("10.70.0.1"),
                "The address 10.70.0.1 is in a reserved block of pool p0, and namespace default has"
                    + " no grant for it: ask for another, or add {namespaces: {matchLabels:"
                    + " {kubernetes.io/metadata.name: default}}, addresses: [10.70.0.1/32]} to"
                    + " spec.reservedGrants of the network."));
    var granted = List.of(IpPrefix.parse("10.70.0.0/30"));
    assertThat(pools.request(ip("10.70.0.1"), granted, LAPTOP, Map.of(), NOW))
        .isEqualTo(chosen("10.70.0.1"));
    assertThat(pools.request(ip("10.70.0.4"), granted, LAPTOP, Map.of(), NOW))
        .isInstanceOf(AddressReserved.class);
  }

  @Test
  void reservedAddressInUseIsKeptWithoutAGrant() {
    var pools = pools(pool("10.70.0.0/24", "10.70.0.0/28"));
    var leases = Map.of(ip("10.70.0.1"), AddressLease.bound(LAPTOP));
    assertThat(pools.request(ip("10.70.0.1"), List.of(), LAPTOP, leases, NOW))
        .isEqualTo(chosen("10.70.0.1"));
    assertThat(
            pools.request(
                ip("10.70.0.1"),
                List.of(),
                LAPTOP,
                Map.of(ip("10.70.0.1"), new AddressLease(LAPTOP, NOW)),
                NOW))
        .isInstanceOf(AddressReserved.class);
  }

  @ParameterizedTest
  @CsvSource({"10.70.0.0", "10.70.0.255", "10.71.0.1", "fd00::", "fd00:0:0:1::1"})
  void networkBroadcastAndForeignAddressesAreRefused(String address) {
    var pools = pools(pool("10.70.0.0/24"), pool("fd00::/64"));
    assertThat(pools.request(ip(address), List.of(), LAPTOP, Map.of(), NOW))
        .isEqualTo(
            new AddressOutOfRange(
                ip(address),
                "The address "
                    + address
                    + " is none that this network hands out: ask for one of 10.70.0.0/24,"
                    + " fd00::/64, and no network or broadcast address."));
  }

  @Test
  void addressOfAnotherOwnerIsRefusedWithItsName() {
    var pools = pools(pool("10.70.0.0/24"));
    var leases = Map.of(ip("10.70.0.9"), AddressLease.bound(PHONE));
    assertThat(pools.request(ip("10.70.0.9"), List.of(), LAPTOP, leases, NOW))
        .isEqualTo(
            new AddressInUse(
                ip("10.70.0.9"),
                PHONE,
                "The address 10.70.0.9 belongs to Peer default/phone: ask for another."));
    assertThat(pools.request(ip("10.70.0.9"), List.of(), PHONE, leases, NOW))
        .isEqualTo(chosen("10.70.0.9"));
  }

  @ParameterizedTest
  @CsvSource({
    "10.0.0.0/24, 254",
    "10.0.0.0/30, 2",
    "10.0.0.0/31, 2",
    "10.0.0.0/32, 1",
    "0.0.0.0/0, 4294967294",
    "fd00::/64, 18446744073709551615",
    "fd00::/126, 3",
    "fd00::/127, 2",
    "fd00::/128, 1",
    "::/0, 340282366920938463463374607431768211455"
  })
  void capacityCountsAllocatableAddresses(String cidr, String capacity) {
    assertThat(pool(cidr).capacity()).isEqualTo(new BigInteger(capacity));
  }

  @Test
  void hugePoolsAreNeverEnumerated() {
    var pools = pools(pool("fd00::/64", "fd00::/65", "fd00::8000:0:0:0/66"));
    assertThat(pools.choose(Family.IPV6, LAPTOP, Map.of(), NOW))
        .isEqualTo(chosen("fd00::c000:0:0:0"));
    assertThat(pools.use(pools.pools().getFirst(), Map.of(), NOW).free())
        .isEqualTo(BigInteger.TWO.pow(62));
    var full = pools(pool("fd00::/64", "fd00::/64"));
    assertThat(full.choose(Family.IPV6, LAPTOP, Map.of(), NOW)).isInstanceOf(PoolExhausted.class);
  }

  @Test
  void usageCountsBoundQuarantinedAndFree() {
    var pools = pools(pool("10.70.0.0/24", "10.70.0.0/28", "10.70.0.8/29", "10.0.0.0/9"));
    var narrow = pools(pool("10.70.0.0/24", "10.70.0.0/28", "10.70.0.8/29"));
    var leases =
        Map.of(
            ip("10.70.0.1"), AddressLease.bound(PHONE),
            ip("10.70.0.20"), AddressLease.bound(LAPTOP),
            ip("10.70.0.21"), new AddressLease(LAPTOP, NOW),
            ip("10.70.0.22"), new AddressLease(LAPTOP, NOW.minus(DAY)),
            ip("10.99.0.1"), AddressLease.bound(LAPTOP));

    assertThat(narrow.use(narrow.pools().getFirst(), leases, NOW))
        .isEqualTo(new PoolUsage("p0", BigInteger.valueOf(254), 2, 1, BigInteger.valueOf(237)));
    assertThat(pools.use(pools.pools().getFirst(), Map.of(), NOW).free()).isZero();
  }

  /** Random requests and releases in pools small enough for an oracle that enumerates them. */
  @Test
  void agreesWithTheSlowOracleOverRandomRequests() {
    var random = Seeds.random();
    for (int round = 0; round < 200; round++) {
      var pools = randomPools(random);
      var leases = new HashMap<IpAddress, AddressLease>();
      var now = NOW;
      for (int step = 0; step < 80; step++) {
        now = now.plus(Duration.ofHours(random.nextInt(6)));
        var owner = new Owner("Peer", "default", "peer-" + random.nextInt(12));
        if (random.nextInt(3) == 0) {
          release(owner, leases, now);
          continue;
        }
        var choice =
            random.nextInt(4) == 0
                ? pools.request(randomAddress(random, pools), ALL, owner, leases, now)
                : pools.choose(Family.IPV4, owner, leases, now);
        if (choice instanceof Chosen(var address)) {
          var holder = Optional.ofNullable(leases.get(address));
          var at = now;
          assertThat(holder)
              .as("no other owner has it")
              .matches(
                  held -> held.isEmpty() || held.get().owner().equals(owner) || rested(held, at));
          leases.put(address, AddressLease.bound(owner));
        } else if (choice instanceof PoolExhausted) {
          assertThat(freeByHand(pools, leases, owner, now)).isEmpty();
        }
        checkUse(pools, leases, now);
      }
    }
  }

  private static boolean rested(Optional<AddressLease> lease, Instant now) {
    var released = lease.map(AddressLease::releasedAt);
    return released.isPresent() && !now.isBefore(released.get().plus(DAY));
  }

  private static void checkUse(
      AddressPools pools, Map<IpAddress, AddressLease> leases, Instant now) {
    for (var pool : pools.pools()) {
      var use = pools.use(pool, leases, now);
      long free =
          addresses(pool)
              .filter(address -> !pool.isReserved(address))
              .filter(address -> {
                var held = Optional.ofNullable(leases.get(address));
                return held.isEmpty() || rested(held, now);
              })
              .count();
      assertThat(use.free()).isEqualTo(BigInteger.valueOf(free));
      assertThat(use.capacity()).isEqualTo(BigInteger.valueOf(addresses(pool).count()));
    }
  }

  private static List<IpAddress> freeByHand(
      AddressPools pools, Map<IpAddress, AddressLease> leases, Owner owner, Instant now) {
    return pools.pools().stream()
        .flatMap(pool -> addresses(pool).filter(address -> !pool.isReserved(address)))
        .filter(address -> {
          var held = Optional.ofNullable(leases.get(address));
          return held.isEmpty() || held.get().owner().equals(owner) || rested(held, now);
        })
        .toList();
  }

  private static Stream<IpAddress> addresses(AddressPool pool) {
    return Stream.iterate(
            pool.cidr().address(), a -> a.compareTo(pool.cidr().last()) <= 0, a -> a.plus(1))
        .filter(address ->
            pool.cidr().length() >= 31
                || !address.equals(pool.cidr().address()) && !address.equals(pool.cidr().last()));
  }

  private static void release(Owner owner, Map<IpAddress, AddressLease> leases, Instant now) {
    leases.replaceAll((address, lease) ->
        lease.isBound() && lease.owner().equals(owner) ? new AddressLease(owner, now) : lease);
  }

  private static AddressPools randomPools(Random random) {
    var pools = new ArrayList<AddressPool>();
    for (int i = 0; i <= random.nextInt(2); i++) {
      var cidr = IpPrefix.containing(ip("10.7" + i + ".0.0"), 28 + random.nextInt(5));
      var reserved = new ArrayList<IpPrefix>();
      for (int r = 0; r < random.nextInt(3); r++) {
        reserved.add(
            IpPrefix.containing(cidr.address().plus(random.nextInt(16)), 29 + random.nextInt(4)));
      }
      pools.add(new AddressPool("p" + i, cidr, reserved));
    }
    return new AddressPools(pools, DAY, PoolLimits.NONE);
  }

  private static IpAddress randomAddress(Random random, AddressPools pools) {
    var pool = pools.pools().get(random.nextInt(pools.pools().size()));
    return pool.cidr().address().plus(random.nextInt(17));
  }

  private static AddressChoice choose(
      AddressPools pools, Owner owner, Map<IpAddress, AddressLease> leases) {
    return pools.choose(Family.IPV4, owner, leases, NOW);
  }

  private static Chosen chosen(String address) {
    return new Chosen(ip(address));
  }

  private static AddressPools pools(AddressPool... pools) {
    var named = new ArrayList<AddressPool>();
    for (var pool : pools) {
      named.add(new AddressPool("p" + named.size(), pool.cidr(), pool.reserved()));
    }
    return new AddressPools(named, DAY, PoolLimits.NONE);
  }

  private static AddressPool pool(String cidr, String... reserved) {
    return new AddressPool(
        "pool", IpPrefix.parse(cidr), Stream.of(reserved).map(IpPrefix::parse).toList());
  }

  private static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }
}
