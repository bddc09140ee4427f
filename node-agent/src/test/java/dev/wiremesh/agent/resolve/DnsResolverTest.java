package dev.wiremesh.agent.resolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class DnsResolverTest {
  private static final ConfiguredEndpoint NAMED = new ConfiguredEndpoint("vpn.example.org", 51900);

  private final Map<String, List<IpAddress>> zone = new ConcurrentHashMap<>();
  private final AtomicInteger news = new AtomicInteger();

  @Test
  void addressesNeedNoResolving() {
    try (var resolver = resolver(Duration.ofHours(1))) {
      assertThat(resolver.resolve(new ConfiguredEndpoint("2001:db8::1", 5)))
          .contains(at("2001:db8::1", 5));
      assertThat(resolver.problem(new ConfiguredEndpoint("192.0.2.1", 5))).isEmpty();
    }
  }

  @Test
  void namesAreResolvedBesideAndTold() {
    zone.put(NAMED.host(), List.of(IpAddress.parse("192.0.2.1")));
    try (var resolver = resolver(Duration.ofHours(1))) {
      assertThat(resolver.resolve(NAMED)).isEmpty();
      resolver.follow("home", Set.of(NAMED));
      await().until(() -> resolver.resolve(NAMED).isPresent());
      assertThat(resolver.resolve(NAMED)).contains(at("192.0.2.1", 51900));
      await().until(() -> news.get() == 1);
      assertThat(resolver.version()).isEqualTo(1);
    }
  }

  @Test
  void nameThatMovesIsFollowedAndOneThatVanishesIsKept() {
    zone.put(NAMED.host(), List.of(IpAddress.parse("192.0.2.1"), IpAddress.parse("192.0.2.2")));
    try (var resolver = resolver(Duration.ofMillis(10))) {
      resolver.follow("home", Set.of(NAMED));
      await().until(() -> resolver.resolve(NAMED).isPresent());
      // Another order of the same addresses changes no endpoint.
      zone.put(NAMED.host(), List.of(IpAddress.parse("192.0.2.2"), IpAddress.parse("192.0.2.1")));
      await().during(Duration.ofMillis(100)).until(() -> resolver.version() == 1);
      zone.put(NAMED.host(), List.of(IpAddress.parse("192.0.2.9")));
      await().until(() -> resolver.resolve(NAMED).equals(Optional.of(at("192.0.2.9", 51900))));
      zone.remove(NAMED.host());
      await().during(Duration.ofMillis(100)).until(() -> resolver.version() == 2);
      assertThat(resolver.problem(NAMED)).isEmpty();
    }
  }

  @Test
  void nameWithoutAnAddressIsAProblemOfItsOwn() {
    var other = new ConfiguredEndpoint("office.example.org", 1);
    zone.put(other.host(), List.of(IpAddress.parse("192.0.2.7")));
    try (var resolver = resolver(Duration.ofHours(1))) {
      resolver.follow("home", Set.of(NAMED, other));
      await().until(() -> resolver.problem(NAMED).isPresent());
      assertThat(resolver.problem(NAMED))
          .contains("The name vpn.example.org has no address: not in the zone.");
      await().until(() -> resolver.resolve(other).isPresent());
      assertThat(resolver.problem(other)).isEmpty();
    }
  }

  @Test
  void slowNameDelaysNoOtherName() {
    var stuck = new CountDownLatch(1);
    zone.put("quick", List.of(IpAddress.parse("192.0.2.7")));
    DnsResolver.Lookup lookup =
        host -> {
          if (!host.equals("quick")) {
            awaitQuietly(stuck);
          }
          return answer(host);
        };
    try (var resolver = new DnsResolver(lookup, Duration.ofHours(1), news::incrementAndGet)) {
      resolver.follow("home", Set.of(NAMED, new ConfiguredEndpoint("quick", 1)));
      await().until(() -> resolver.resolve(new ConfiguredEndpoint("quick", 1)).isPresent());
      assertThat(resolver.resolve(NAMED)).isEmpty();
    } finally {
      stuck.countDown();
    }
  }

  /** As in an outage of name servers: names of many peers, and each lookup takes its timeout. */
  @Test
  void hangingNamesTakeFewThreadsAndDelayOtherNamesOnce() throws InterruptedException {
    var stuck = new AtomicReference<>(new CountDownLatch(1));
    var running = new AtomicInteger();
    var most = new AtomicInteger();
    var asked = ConcurrentHashMap.<String>newKeySet();
    zone.put("quick", List.of(IpAddress.parse("192.0.2.7")));
    DnsResolver.Lookup lookup =
        host -> {
          if (!host.equals("quick")) {
            most.accumulateAndGet(running.incrementAndGet(), Math::max);
            awaitQuietly(stuck.get());
            running.decrementAndGet();
            asked.add(host);
          }
          return answer(host);
        };
    var names = new HashSet<ConfiguredEndpoint>();
    for (int i = 0; i < 400; i++) {
      names.add(new ConfiguredEndpoint("peer-" + i, 51900));
    }
    try (var resolver =
        new DnsResolver(lookup, Duration.ofMillis(20), Duration.ZERO, news::incrementAndGet)) {
      resolver.follow("home", names);
      await().until(() -> running.get() == DnsResolver.THREADS);
      var virtual = Thread.ofVirtual().start(() -> {});
      assertThat(virtual.join(Duration.ofSeconds(30))).isTrue();

      // The outage ends for a moment, so that all have had a slow answer; then it goes on.
      stuck.get().countDown();
      await().until(() -> asked.size() == names.size());
      stuck.set(new CountDownLatch(1));
      await().until(() -> running.get() == DnsResolver.SLOW_THREADS);
      names.add(new ConfiguredEndpoint("quick", 1));
      resolver.follow("home", names);
      await().until(() -> resolver.resolve(new ConfiguredEndpoint("quick", 1)).isPresent());
      assertThat(most.get()).isLessThanOrEqualTo(DnsResolver.THREADS + DnsResolver.SLOW_THREADS);
    } finally {
      stuck.get().countDown();
    }
  }

  @Test
  void unusedNameIsForgotten() {
    zone.put(NAMED.host(), List.of(IpAddress.parse("192.0.2.1")));
    try (var resolver = resolver(Duration.ofHours(1))) {
      resolver.follow("home", Set.of(NAMED));
      resolver.follow("other", Set.of(NAMED));
      await().until(() -> resolver.resolve(NAMED).isPresent());
      resolver.follow("home", Set.of());
      assertThat(resolver.resolve(NAMED)).isPresent();
      resolver.follow("other", Set.of());
      assertThat(resolver.resolve(NAMED)).isEmpty();
    }
  }

  private DnsResolver resolver(Duration interval) {
    return new DnsResolver(this::answer, interval, news::incrementAndGet);
  }

  private List<IpAddress> answer(String host) throws UnknownHostException {
    var addresses = zone.get(host);
    if (addresses == null) {
      throw new UnknownHostException("not in the zone");
    }
    return addresses;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static UdpEndpoint at(String address, int port) {
    return UdpEndpoint.of(IpAddress.parse(address), port);
  }
}
