package dev.wiremesh.agent.resolve;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.wireguard.io.UdpEndpoint;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resolves host names periodically, because addresses of home routers change. Lookups block in the
 * C library, so they have a few platform threads and a bounded queue: they take neither virtual
 * threads' carriers nor memory without a limit. Names that were slow have threads of their own, so
 * that they delay no others. A failed lookup keeps the known address; an answer that contains the
 * known address keeps it too, so that a name with several addresses does not move its peer.
 *
 * <p>Thread-safe; {@link #follow} is called by the control thread alone.
 */
public final class DnsResolver implements EndpointResolver, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(DnsResolver.class);

  static final int THREADS = 4;
  static final int SLOW_THREADS = 2;
  private static final int QUEUE = 1024;

  /** A name server on the way to another country answers in a tenth of it. */
  private static final Duration SLOW = Duration.ofSeconds(2);

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
  private final Duration tooLong;
  private final Runnable changed;
  private final Map<String, Set<ConfiguredEndpoint>> followed = new HashMap<>();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final Set<String> hosts = ConcurrentHashMap.newKeySet();
  private final Set<String> running = ConcurrentHashMap.newKeySet();
  private final Set<String> slow = ConcurrentHashMap.newKeySet();
  private final AtomicLong version = new AtomicLong();
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("resolver").factory());

  private final ExecutorService lookups = pool("lookup", THREADS);
  private final ExecutorService slowLookups = pool("slow lookup", SLOW_THREADS);

  /**
   * @param interval between lookups of a name
   * @param changed called on any thread when an answer changes
   */
  public DnsResolver(Lookup lookup, Duration interval, Runnable changed) {
    this(lookup, interval, SLOW, changed);
  }

  /**
   * @param tooLong a lookup that takes longer makes its name a slow one
   */
  DnsResolver(Lookup lookup, Duration interval, Duration tooLong, Runnable changed) {
    this.lookup = lookup;
    this.tooLong = tooLong;
    this.changed = changed;
    var _ =
        timer.scheduleWithFixedDelay(
            this::askAll, interval.toMillis(), interval.toMillis(), TimeUnit.MILLISECONDS);
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
    slow.retainAll(wanted);
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

  private static ExecutorService pool(String name, int threads) {
    return new ThreadPoolExecutor(
        threads,
        threads,
        0,
        TimeUnit.SECONDS,
        new ArrayBlockingQueue<>(QUEUE),
        Thread.ofPlatform().daemon().name(name + " ", 1).factory());
  }

  /** In another order each time, so that a full queue leaves out others. */
  private void askAll() {
    var all = new ArrayList<>(hosts);
    Collections.shuffle(all);
    all.forEach(this::ask);
  }

  private void ask(String host) {
    if (!running.add(host)) {
      return;
    }
    try {
      (slow.contains(host) ? slowLookups : lookups).execute(() -> lookUp(host));
    } catch (RejectedExecutionException e) {
      // The queue is full, or closed: the next interval asks again.
      running.remove(host);
    }
  }

  private void lookUp(String host) {
    long began = System.nanoTime();
    try {
      keep(host, lookup.addresses(host), "");
    } catch (UnknownHostException e) {
      keep(host, List.of(), "The name " + host + " has no address: " + e.getMessage() + ".");
    } finally {
      if (System.nanoTime() - began > tooLong.toNanos()) {
        slow.add(host);
      } else {
        slow.remove(host);
      }
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
    lookups.shutdownNow();
    slowLookups.shutdownNow();
  }
}
