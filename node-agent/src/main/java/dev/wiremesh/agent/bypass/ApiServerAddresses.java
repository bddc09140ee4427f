package dev.wiremesh.agent.bypass;

import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The addresses of the API server:
 *
 * <ul>
 *   <li>the host that the agent's client connects to (of the kubeconfig, of the pod's environment,
 *       or a proxy), and the addresses of its name;
 *   <li>inside a pod, the Service address;
 *   <li>the endpoints behind the Service, from the EndpointSlice {@code default/kubernetes}.
 * </ul>
 *
 * <p>Thread-safe, except that the control thread alone calls {@link #saved}. Names are looked up on
 * a thread of its own.
 */
public final class ApiServerAddresses implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ApiServerAddresses.class);
  private static final Duration LOOK_UP_EVERY = Duration.ofSeconds(30);

  /** Connections to an address outlive its name. */
  private static final Duration KEPT = Duration.ofMinutes(10);

  private static final List<String> SERVICE_ADDRESS =
      List.of("KUBERNETES_SERVICE_HOST", "KUBERNETES_PORT_443_TCP_ADDR");

  /** A host that the client connects to, by name or address. */
  private record HostOfApi(String host, int port) {}

  private final Set<ApiTarget> literals = new HashSet<>();
  private final List<HostOfApi> names = new ArrayList<>();
  private final Set<IpAddress> ofPod;
  private final AddressFile file;
  private final Runnable changed;

  /** When each address of a name was last in an answer, in nanoseconds. */
  private final Map<ApiTarget, Long> resolved = new ConcurrentHashMap<>();

  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("api server names").factory());
  private final SharedIndexInformer<EndpointSlice> slices;

  /**
   * @param environment of the process
   * @param changed called on any thread when an address is new
   */
  public ApiServerAddresses(
      KubernetesClient client,
      Map<String, String> environment,
      Path stateDirectory,
      Runnable changed) {
    this.changed = changed;
    file = new AddressFile(stateDirectory);
    for (var host : hosts(client)) {
      literal(host.host())
          .ifPresentOrElse(
              address -> literals.add(new ApiTarget(address, host.port())), () -> names.add(host));
    }
    ofPod = new HashSet<>();
    for (var variable : SERVICE_ADDRESS) {
      literal(environment.getOrDefault(variable, "")).ifPresent(ofPod::add);
    }
    if (!names.isEmpty()) {
      var _ =
          timer.scheduleWithFixedDelay(
              this::lookUp, 0, LOOK_UP_EVERY.toMillis(), TimeUnit.MILLISECONDS);
    }
    slices =
        client
            .discovery()
            .v1()
            .endpointSlices()
            .inNamespace("default")
            .withField("metadata.name", "kubernetes")
            .runnableInformer(0);
    slices.exceptionHandler((started, failure) -> {
      log.atDebug()
          .addKeyValue("cause", String.valueOf(failure.getMessage()))
          .log("Watch of the API server's endpoints failed; trying again");
      return true;
    });
    slices.addEventHandler(new ChangeHandler(changed));
    var _ = slices.start();
  }

  private static List<HostOfApi> hosts(KubernetesClient client) {
    var hosts = new ArrayList<HostOfApi>();
    host(client.getMasterUrl().toString()).ifPresent(hosts::add);
    var proxy = client.getConfiguration().getHttpsProxy();
    if (proxy != null) {
      host(proxy).ifPresent(hosts::add);
    }
    return hosts;
  }

  private static Optional<HostOfApi> host(String url) {
    try {
      var parsed = URI.create(url);
      var host = parsed.getHost();
      if (host == null) {
        return Optional.empty();
      }
      int port = parsed.getPort();
      boolean plain = "http".equals(parsed.getScheme());
      return Optional.of(
          new HostOfApi(host.replaceAll("^\\[|]$", ""), port > 0 ? port : plain ? 80 : 443));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  private void lookUp() {
    var before = Set.copyOf(resolved.keySet());
    long now = System.nanoTime();
    names.forEach(host -> lookUp(host, now));
    resolved.values().removeIf(seen -> now - seen > KEPT.toNanos());
    if (!before.equals(resolved.keySet())) {
      changed.run();
    }
  }

  private void lookUp(HostOfApi host, long now) {
    try {
      for (var address : InetAddress.getAllByName(host.host())) {
        resolved.put(new ApiTarget(IpAddress.of(address.getAddress()), host.port()), now);
      }
    } catch (UnknownHostException e) {
      // The known addresses stay: an outage of name servers moves no API server.
      resolved.replaceAll((target, seen) -> now);
    }
  }

  private static Optional<IpAddress> literal(String host) {
    try {
      return Optional.of(IpAddress.parse(host));
    } catch (InvalidAddressException e) {
      return Optional.empty();
    }
  }

  /** Where the client connects to. */
  public Set<ApiTarget> targets() {
    var targets = new HashSet<>(literals);
    targets.addAll(resolved.keySet());
    return targets;
  }

  private Set<IpAddress> known() {
    var known = new HashSet<>(ofPod);
    targets().forEach(target -> known.add(target.address()));
    for (var slice : slices.getStore().list()) {
      for (var endpoint : slice.getEndpoints()) {
        for (var address : endpoint.getAddresses()) {
          literal(address).ifPresent(known::add);
        }
      }
    }
    return known;
  }

  /** All addresses, which are on disk afterwards; those on disk until the endpoints are known. */
  Set<IpAddress> saved() {
    var known = known();
    if (!slices.hasSynced()) {
      known.addAll(file.addresses());
    }
    file.save(known);
    return known;
  }

  @Override
  public void close() {
    timer.shutdownNow();
    slices.stop();
  }

  private record ChangeHandler(Runnable changed) implements ResourceEventHandler<EndpointSlice> {
    @Override
    public void onAdd(EndpointSlice slice) {
      changed.run();
    }

    @Override
    public void onUpdate(EndpointSlice before, EndpointSlice after) {
      changed.run();
    }

    @Override
    public void onDelete(EndpointSlice slice, boolean finalStateUnknown) {
      changed.run();
    }
  }
}
