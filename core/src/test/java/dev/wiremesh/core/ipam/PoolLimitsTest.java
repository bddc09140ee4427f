package dev.wiremesh.core.ipam;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.Seeds;
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

/** Limits of pools: no namespace takes the addresses of nodes, or of other namespaces. */
final class PoolLimitsTest {
  private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
  private static final Duration DAY = Duration.ofHours(24);
  private static final List<IpPrefix> NO_GRANT = List.of();

  private final Map<IpAddress, AddressLease> leases = new HashMap<>();
  private Instant now = NOON;

  @ParameterizedTest
  @CsvSource({
    "10.70.0.0/30, 10, 1",
    "10.70.0.0/29, 10, 1",
    "10.70.0.0/24, 10, 26",
    "10.70.0.0/24, 0, 0",
    "10.70.0.0/24, 90, 229",
    "fd00:70::/126, 10, 1",
    "fd00:70::/64, 10, 1844674407370955162"
  })
  void shareOfTheNodesIsRoundedUp(String cidr, int percent, String kept) {
    assertThat(PoolLimits.of(32, percent).keptForNodes(pool(cidr))).isEqualTo(new BigInteger(kept));
  }

  @ParameterizedTest
  @CsvSource({"10.70.0.0/24", "10.70.0.0/27", "10.70.0.0/29", "10.70.0.0/30", "fd00:70::/125"})
  void loopOfCreateAndDeleteUnderNewNamesLeavesAddressesToAll(String cidr) {
    var pools = pools(32, 10, pool(cidr));
    var family = pool(cidr).cidr().family();
    for (int round = 0; round < 1000; round++) {
      var loop = peer("loop", "round-" + round);
      assertThat(pools.choose(family, loop, leases, now)).isInstanceOf(Chosen.class);
      take(pools, family, loop);
      release(loop);
      now = now.plusSeconds(1);
    }

    assertThat(leases.values().stream().filter(lease -> !lease.isBound()).count())
        .as("objects that the loop leaves behind")
        .isLessThanOrEqualTo(33);
    assertThat(take(pools, family, peer("other", "laptop"))).isInstanceOf(Chosen.class);
    assertThat(take(pools, family, node("n1"))).isInstanceOf(Chosen.class);
  }

  @Test
  void loopOfStaticRequestsLeavesAddressesToAll() {
    var pools = pools(32, 10, pool("10.70.0.0/24"));
    for (int host = 1; host < 255; host++) {
      var loop = peer("loop", "round-" + host);
      var address = ip("10.70.0." + host);
      assertThat(pools.request(address, NO_GRANT, loop, leases, now))
          .isEqualTo(new Chosen(address));
      leases.put(address, AddressLease.bound(loop));
      release(loop);
      now = now.plusSeconds(1);
    }

    assertThat(pools.use(pools.pools().getFirst(), leases, now).quarantined()).isEqualTo(32);
    assertThat(take(pools, Family.IPV4, peer("other", "laptop")))
        .as("the first of those that are free early")
        .isEqualTo(new Chosen(ip("10.70.0.1")));
    assertThat(pools.request(ip("10.70.0.250"), NO_GRANT, peer("other", "b"), leases, now))
        .as("the newest ones rest")
        .isInstanceOf(AddressChoice.AddressInUse.class);
  }

  @Test
  void namespaceWithAFullQuarantineGetsItsOwnOldestAddress() {
    var pools = pools(2, 10, pool("10.70.0.0/24"));
    for (var name : List.of("a", "b", "c")) {
      take(pools, Family.IPV4, peer("team", name));
    }
    for (var name : List.of("b", "a")) {
      release(peer("team", name));
      now = now.plusSeconds(1);
    }

    assertThat(take(pools, Family.IPV4, peer("team", "d"))).isEqualTo(new Chosen(ip("10.70.0.2")));
    assertThat(take(pools, Family.IPV4, peer("team", "e")))
        .as("one rests, so there is room for another")
        .isEqualTo(new Chosen(ip("10.70.0.4")));
    assertThat(take(pools, Family.IPV4, peer("team", "a")))
        .as("the old name gets its address back")
        .isEqualTo(new Chosen(ip("10.70.0.1")));
  }

  @Test
  void namespaceThatIsDeletedAndRestoredGetsItsAddressesBack() {
    var pools = pools(2, 10, pool("10.70.0.0/24"));
    for (int i = 0; i < 20; i++) {
      take(pools, Family.IPV4, peer("team", "p" + i));
    }
    for (int i = 0; i < 20; i++) {
      release(peer("team", "p" + i));
    }
    now = now.plus(Duration.ofHours(20));
    assertThat(take(pools, Family.IPV4, peer("other", "laptop")))
        .as("no address of the namespace, as long as there are others")
        .isEqualTo(new Chosen(ip("10.70.0.21")));
    for (int i = 19; i >= 0; i--) {
      assertThat(take(pools, Family.IPV4, peer("team", "p" + i)))
          .isEqualTo(new Chosen(ip("10.70.0." + (i + 1))));
    }
  }

  @Test
  void leasesBeyondTheLimitsAreForgottenWhenThereAreMany() {
    var pools = pools(32, 10, pool("fd00:70::/64"));
    var first = ip("fd00:70::1");
    for (int host = 1; host <= 1032; host++) {
      leases.put(
          first.plus(host - 1), new AddressLease(peer("loop", "p" + host), now.plusSeconds(host)));
    }
    assertThat(pools.isSuperfluous(first, leases, now)).isFalse();
    leases.put(first.plus(5000), new AddressLease(peer("loop", "p"), now.plusSeconds(2000)));
    assertThat(pools.isSuperfluous(first, leases, now)).isTrue();
    assertThat(pools.isSuperfluous(first.plus(1), leases, now)).isFalse();
  }

  @Test
  void quarantineOfOneNamespaceIsNoneForAnother() {
    var pools = pools(1, 10, pool("10.70.0.0/24"));
    take(pools, Family.IPV4, peer("victim", "laptop"));
    release(peer("victim", "laptop"));
    for (int round = 0; round < 300; round++) {
      take(pools, Family.IPV4, peer("loop", "round-" + round));
      release(peer("loop", "round-" + round));
      now = now.plusSeconds(1);
    }

    assertThat(take(pools, Family.IPV4, peer("victim", "laptop")))
        .isEqualTo(new Chosen(ip("10.70.0.1")));
  }

  @Test
  void peersTakeNothingOfTheNodesShareAndTheMessageSaysSo() {
    var pools = pools(32, 50, pool("10.70.0.0/29"));
    for (var name : List.of("a", "b", "c")) {
      assertThat(take(pools, Family.IPV4, peer("team", name))).isInstanceOf(Chosen.class);
    }

    assertThat(take(pools, Family.IPV4, peer("team", "d")))
        .isEqualTo(
            new PoolExhausted(
                "No IPv4 address is left in pool p0 for peers (3 kept for nodes,"
                    + " spec.limits.nodeAddressShare): add a pool, or delete peers that are no"
                    + " longer needed."));
    assertThat(pools.request(ip("10.70.0.6"), NO_GRANT, peer("team", "d"), leases, now))
        .isInstanceOf(PoolExhausted.class);
    assertThat(pools.use(pools.pools().getFirst(), leases, now).free()).isZero();
    for (var name : List.of("n1", "n2", "n3")) {
      assertThat(take(pools, Family.IPV4, node(name))).isInstanceOf(Chosen.class);
    }
  }

  @Test
  void nodeGetsAnAddressThatRestsRatherThanNone() {
    var pools = pools(32, 0, pool("10.70.0.0/29"));
    for (int i = 0; i < 6; i++) {
      take(pools, Family.IPV4, peer("team", "p" + i));
    }
    release(peer("team", "p4"));

    assertThat(take(pools, Family.IPV4, peer("other", "laptop"))).isInstanceOf(PoolExhausted.class);
    assertThat(take(pools, Family.IPV4, node("n1"))).isEqualTo(new Chosen(ip("10.70.0.5")));
  }

  @Test
  void reservedAddressesAreNotOfTheShare() {
    var pools = pools(32, 10, pool("10.70.0.0/29", "10.70.0.0/30"));
    assertThat(take(pools, Family.IPV4, peer("team", "a"))).isInstanceOf(Chosen.class);
    assertThat(take(pools, Family.IPV4, peer("team", "b"))).isInstanceOf(Chosen.class);
    assertThat(take(pools, Family.IPV4, peer("team", "c"))).isInstanceOf(PoolExhausted.class);
    assertThat(
            pools.request(
                ip("10.70.0.1"),
                List.of(IpPrefix.parse("10.70.0.0/30")),
                peer("team", "c"),
                leases,
                now))
        .isEqualTo(new Chosen(ip("10.70.0.1")));
    assertThat(take(pools, Family.IPV4, node("n1"))).isEqualTo(new Chosen(ip("10.70.0.6")));
  }

  @Test
  void peersThatExceedALoweredLimitKeepTheirAddresses() {
    var before = pools(32, 0, pool("10.70.0.0/29"));
    for (int i = 0; i < 6; i++) {
      take(before, Family.IPV4, peer("team", "p" + i));
    }
    var after = pools(32, 50, pool("10.70.0.0/29"));
    for (int i = 0; i < 6; i++) {
      assertThat(take(after, Family.IPV4, peer("team", "p" + i)))
          .isEqualTo(new Chosen(ip("10.70.0." + (i + 1))));
    }
    release(peer("team", "p0"));
    assertThat(take(after, Family.IPV4, peer("team", "late"))).isInstanceOf(PoolExhausted.class);
  }

  /** Random tenants, nodes, pools and times. */
  @Test
  void nodesAndOtherNamespacesAlwaysGetAnAddress() {
    var random = Seeds.random();
    for (int round = 0; round < 300; round++) {
      leases.clear();
      now = NOON;
      var pool = randomPool(random);
      int most = List.of(0, 1, 2, 8, 32).get(random.nextInt(5));
      var pools = pools(most, List.of(1, 10, 40).get(random.nextInt(3)), pool);
      simulate(pools, random);
    }
  }

  private void simulate(AddressPools pools, Random random) {
    var pool = pools.pools().getFirst();
    var family = pool.cidr().family();
    var limits = pools.limits();
    var peers = new ArrayList<Owner>();
    var nodes = new ArrayList<Owner>();
    for (int step = 0; step < 150; step++) {
      now = now.plus(Duration.ofMinutes(random.nextInt(90)));
      switch (random.nextInt(6)) {
        case 0, 1 -> {
          var owner = peer("team-" + random.nextInt(4), "peer-" + random.nextInt(400));
          var part = limits.forPeers(pool);
          boolean isGuaranteed =
              BigInteger.valueOf(peers.size()).add(limits.mostResting(part)).compareTo(part) < 0;
          var choice = take(pools, family, owner);
          assertThat(choice instanceof Chosen || !isGuaranteed)
              .as("%s with %s, %s of %s bound: %s", owner, leases, peers.size(), pool, choice)
              .isTrue();
          if (choice instanceof Chosen && !peers.contains(owner)) {
            peers.add(owner);
          }
        }
        case 2 -> {
          var owner = peer("team-" + random.nextInt(4), "static-" + random.nextInt(400));
          var address = pool.cidr().address().plus(random.nextInt(256));
          var choice = pools.request(address, NO_GRANT, owner, leases, now);
          if (choice instanceof Chosen && !peers.contains(owner)) {
            leases.put(address, AddressLease.bound(owner));
            peers.add(owner);
          }
        }
        case 3, 4 -> {
          if (!peers.isEmpty()) {
            release(peers.remove(random.nextInt(peers.size())));
          }
        }
        default -> {
          if (BigInteger.valueOf(nodes.size()).compareTo(limits.keptForNodes(pool)) >= 0) {
            release(nodes.remove(random.nextInt(nodes.size())));
          }
          var owner = node("n" + step);
          assertThat(take(pools, family, owner))
              .as("node in %s with %s", pool, leases)
              .isInstanceOf(Chosen.class);
          nodes.add(owner);
        }
      }
    }
  }

  private static AddressPool randomPool(Random random) {
    var cidr =
        random.nextInt(4) == 0
            ? IpPrefix.containing(ip("fd00:70::"), 120 + random.nextInt(7))
            : IpPrefix.containing(ip("10.70.0.0"), 24 + random.nextInt(7));
    var reserved = new ArrayList<IpPrefix>();
    if (cidr.family().bits() - cidr.length() > 3 && random.nextBoolean()) {
      reserved.add(IpPrefix.containing(cidr.address(), cidr.length() + 2));
    }
    return new AddressPool("pool", cidr, reserved);
  }

  /** Chooses an address as the operator does, and binds it. */
  private AddressChoice take(AddressPools pools, Family family, Owner owner) {
    var choice = pools.choose(family, owner, leases, now);
    if (choice instanceof Chosen(var address)) {
      assertThat(
              Optional.ofNullable(leases.get(address))
                  .filter(lease -> lease.isBound() && !lease.owner().equals(owner)))
          .as("no other owner has it")
          .isEmpty();
      leases.put(address, AddressLease.bound(owner));
    }
    return choice;
  }

  private void release(Owner owner) {
    leases.replaceAll((address, lease) ->
        lease.isBound() && lease.owner().equals(owner) ? new AddressLease(owner, now) : lease);
  }

  private static Owner peer(String namespace, String name) {
    return new Owner("Peer", namespace, name);
  }

  private static Owner node(String name) {
    return new Owner("MeshNode", "", "home." + name);
  }

  private static AddressPools pools(int resting, int nodePercent, AddressPool pool) {
    return new AddressPools(
        List.of(new AddressPool("p0", pool.cidr(), pool.reserved())),
        DAY,
        PoolLimits.of(resting, nodePercent));
  }

  private static AddressPool pool(String cidr, String... reserved) {
    return new AddressPool(
        "pool", IpPrefix.parse(cidr), Stream.of(reserved).map(IpPrefix::parse).toList());
  }

  private static IpAddress ip(String text) {
    return IpAddress.parse(text);
  }
}
