package dev.wiremesh.agent.resolve;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves host names periodically, each on a virtual thread of its own, because addresses of home
 * routers change. A failed lookup keeps the known address; an answer that contains the known
 * address keeps it too, so that a name with several addresses does not move its peer.
 *
 * <p>Thread-safe; {@link #follow} is called by the control thread alone.
 */
public final class DnsResolver implements EndpointResolver, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DnsResolver.class);

  /** A blocking lookup. */
  @FunctionalInterface
  public interface Lookup {
    List<IpAddress> addresses(String host) throws UnknownHostException;

    static Lookup system() {
      return host ->
          List.of(InetAddress.getAllByName(host)).stream()
              .map(address -> IpAddress.of(address.getAddress()))
              .toList();
    }
  }

  private record Answer(Optional<IpAddress> address, String problem) {}

  private final Lookup lookup;
  private final Runnable changed;
  private final Map<String, Set<ConfiguredEndpoint>> followed = new HashMap<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Set<String> hosts = ConcurrentHashMap.newKeySet();
  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private final AtomicLong version = new AtomicLong();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("resolver").factory());

  /**
   * @param interval between lookups of a name
   * @param changed called on any thread when an answer changes
   */
  public DnsResolver(Lookup lookup, Duration interval, Runnable changed) {
    this.lookup = lookup;
    this.changed = changed;
    var _ =
        timer.scheduleWithFixedDelay(
            () -> hosts.forEach(this::ask),
            interval.toMillis(),
            interval.toMillis(),
            TimeUnit.MILLISECONDS);
  }

  @Override
  public Optional<UdpEndpoint> resolve(ConfiguredEndpoint endpoint) {
    return literal(endpoint.host())
        .or(() -> answer(endpoint).flatMap(Answer::address))
        .map(address -> UdpEndpoint.of(address, endpoint.port()));
  }

  @Override
  public Optional<String> problem(ConfiguredEndpoint endpoint) {
    return literal(endpoint.host()).isPresent()
        ? Optional.empty()
        : answer(endpoint).filter(answer -> answer.address().isEmpty()).map(Answer::problem);
  }

  private Optional<Answer> answer(ConfiguredEndpoint endpoint) {
    return Optional.ofNullable(answers.get(endpoint.host()));
  }

  @Override
  public void follow(String network, Set<ConfiguredEndpoint> endpoints) {
    followed.put(network, Set.copyOf(endpoints));
    var wanted = new HashSet<String>();
    for (var some : followed.values()) {
      for (var endpoint : some) {
        if (literal(endpoint.host()).isEmpty()) {
          wanted.add(endpoint.host());
        }
      }
    }
    hosts.retainAll(wanted);
    answers.keySet().retainAll(wanted);
    for (var host : wanted) {
      if (hosts.add(host)) {
        ask(host);
      }
    }
  }

  @Override
  public long version() {
    return version.get();
  }

  private void ask(String host) {
    if (running.add(host)) {
      Thread.ofVirtual().name("resolve " + host).start(() -> lookUp(host));
    }
  }

  private void lookUp(String host) {
    try {
      keep(host, lookup.addresses(host), "");
    } catch (UnknownHostException e) {
      keep(host, List.of(), "The name " + host + " has no address: " + e.getMessage() + ".");
    } finally {
      running.remove(host);
    }
  }

  private void keep(String host, List<IpAddress> addresses, String problem) {
    if (!hosts.contains(host)) {
      return;
    }
    var before = answers.get(host);
    var known = before == null ? Optional.<IpAddress>empty() : before.address();
    var address =
        known
            .filter(it -> addresses.isEmpty() || addresses.contains(it))
            .or(() -> addresses.stream().findFirst());
    var answer = new Answer(address, address.isPresent() ? "" : problem);
    if (answer.equals(before)) {
      return;
    }
    answers.put(host, answer);
    log.atInfo()
        .addKeyValue("host", host)
        .addKeyValue("address", address.map(IpAddress::toString).orElse("none"))
        .log("Endpoint resolved");
    version.incrementAndGet();
    changed.run();
  }

  private static Optional<IpAddress> literal(String host) {
    try {
      return Optional.of(IpAddress.parse(host));
    } catch (InvalidAddressException e) {
      return Optional.empty();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
