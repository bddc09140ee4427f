package dev.wiremesh.operator.runtime;

import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.AllocationReconciler;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.keys.OrphanedSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.network.DeviceClaims;
import dev.wiremesh.operator.network.NetworkReconciler;
import dev.wiremesh.operator.node.MeshNodeReconciler;
import dev.wiremesh.operator.peer.LeftSecrets;
import dev.wiremesh.operator.peer.PeerReconciler;
import dev.wiremesh.operator.peer.SecretPoller;
import dev.wiremesh.operator.routing.ClusterRanges;
import dev.wiremesh.operator.routing.ForbiddenRoutes;
import dev.wiremesh.operator.routing.RoutePolicies;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.MeshCache;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.extended.leaderelection.LeaderCallbacks;
import io.javaoperatorsdk.operator.Operator;
import io.javaoperatorsdk.operator.api.config.LeaderElectionConfiguration;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.processing.retry.GenericRetry;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running operator: wires its parts together. Thread-safe; closed once.
 *
 * <p>It stops and restarts the framework itself: the shutdown hook of JOSDK 5.2 does not work with
 * leader election, and a lost leadership would end the process.
 */
public final class OperatorRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorRuntime.class);

  /** Every object is reconciled again after this long, without an event. */
  private static final Duration RESYNC = Duration.ofMinutes(10);

  private static final Duration CACHE_SYNC = Duration.ofMinutes(2);
  private static final Duration TERMINATION = Duration.ofSeconds(10);
  private static final Duration LEASES_EVERY = Duration.ofSeconds(3);

  /** Delay of Warning Events. */
  private static final Duration WARN_AFTER = Duration.ofSeconds(30);

  private static final Duration SECRETS_EVERY = Duration.ofSeconds(3);
  private static final int SECRETS_PER_POLL = 30;
  private static final Duration LEFT_EVERY = Duration.ofSeconds(5);
  private static final Duration ORPHANS_EVERY = Duration.ofMinutes(10);

  /** A requeue that is not served for this long marks its controller as stuck. */
  private static final Duration STUCK = Duration.ofMinutes(5);

  private static final int CONCURRENT_RECONCILIATIONS = 8;

  private final ClusterCache state;
  private final Allocations allocations;
  private final DeviceClaims claims;
  private final Operator operator;
  private final OperatorMetrics metrics;
  private final ManagementServer server;
  private final Runnable onLeadershipLost;
  private final List<LimitedReconciler<?>> reconcilers;
  private final OrphanedSecrets orphans;
  private final LeftSecrets leftSecrets;
  private final SecretPoller secretPoller;
  private final AgentLeases leases;
  private final Events events;

  /** Two threads: a request that waits for the API server must not delay the Leases' check. */
  private final ScheduledExecutorService periodicTasks =
      Executors.newScheduledThreadPool(
          2, task -> Thread.ofPlatform().daemon().name("periodic-tasks").unstarted(task));

  private volatile boolean leading;
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Starts the operator; returns when all caches are filled and the controllers run. */
  public static OperatorRuntime start(
      KubernetesClient client, OperatorConfig config, Runnable onLeadershipLost)
      throws IOException, InterruptedException, TimeoutException {
    return start(client, config, RESYNC, Clock.systemUTC(), onLeadershipLost);
  }

  static OperatorRuntime start(
      KubernetesClient client,
      OperatorConfig config,
      Duration resync,
      Clock clock,
      Runnable onLeadershipLost)
      throws IOException, InterruptedException, TimeoutException {
    var runtime = new OperatorRuntime(client, config, resync, clock, onLeadershipLost);
    try {
      runtime.state.start(CACHE_SYNC);
      runtime.allocations.load();
      runtime.leases.restore();
      runtime.operator.start();
      runtime.startPeriodicTasks();
      return runtime;
    } catch (RuntimeException | InterruptedException | TimeoutException e) {
      runtime.close();
      throw e;
    }
  }

  private OperatorRuntime(
      KubernetesClient client,
      OperatorConfig config,
      Duration resync,
      Clock clock,
      Runnable onLeadershipLost)
      throws IOException {
    this.onLeadershipLost = onLeadershipLost;
    var random = new SecureRandom();
    state = new ClusterCache(client, config.namespace(), clock);
    // Caches register their listeners before the rules that requeue, so that rules see current
    // state.
    var ranges = new ClusterRanges(client, state);
    var forbidden = new ForbiddenRoutes(state, ranges);
    var meshes = new MeshCache(state, new RoutePolicies(state, forbidden)::of);
    forbidden.listen(affected -> meshes.forgetRoutes());
    allocations = new Allocations(state);
    metrics = new OperatorMetrics(state, allocations, clock);

    var limit = new WorkLimit(CONCURRENT_RECONCILIATIONS, metrics::reconciled);
    events = new Events(client, config.instance(), clock, WARN_AFTER);
    var secrets = new OperatorSecrets(client, state, config.namespace(), random);
    claims = new DeviceClaims(client, state, config.namespace());
    var allocator = new AddressAllocator(client, allocations, clock);
    leases = new AgentLeases(client, state, config.agentSilentAfter(), clock);
    var networks =
        new NetworkReconciler(
            client, state, leases, ranges, secrets, claims, allocations, events, limit, clock);
    var nodes =
        new MeshNodeReconciler(
            client, state, leases, config.namespace(), secrets, allocator, events, limit, clock);
    var peers =
        new PeerReconciler(
            client, state, leases, meshes, secrets, allocator, events, random, limit, clock);
    leftSecrets = new LeftSecrets(client, state, clock);
    var addresses =
        new AllocationReconciler(
            client, state, allocations, allocator, leftSecrets::removeOf, events, limit, clock);
    var rules = new RequeueRules(state, networks.requeues(), nodes.requeues(), peers.requeues());
    rules.listen();
    forbidden.listen(rules::forbiddenChanged);
    leases.listen(rules::agentChanged);
    state.networks().listen((before, after) -> forgetEventsOf(before, after));
    state.meshNodes().listen((before, after) -> forgetEventsOf(before, after));
    state.peers().listen((before, after) -> forgetEventsOf(before, after));
    state.allocations().listen((before, after) -> forgetEventsOf(before, after));

    operator =
        new Operator(overrider -> {
          overrider
              .withKubernetesClient(client)
              .withCloseClientOnStop(false)
              .withMetrics(metrics)
              .withResourceCloner(new MeshObjectCloner(client))
              .withExecutorService(Executors.newVirtualThreadPerTaskExecutor())
              .withReconciliationTerminationTimeout(TERMINATION)
              .withCacheSyncTimeout(CACHE_SYNC);
          if (config.leaderElection()) {
            overrider.withLeaderElectionConfiguration(election(config));
          }
        });
    register(networks, resync);
    register(nodes, resync);
    register(peers, resync);
    register(addresses, resync);
    reconcilers = List.of(networks, nodes, peers, addresses);
    reconcilers.forEach(metrics::countFailing);
    orphans = new OrphanedSecrets(client, state, clock);
    secretPoller = new SecretPoller(client, state, peers.requeues(), SECRETS_PER_POLL);
    leading = !config.leaderElection();
    server =
        new ManagementServer(
            config.httpListen(), metrics, this::stuckReconciliation, this::isReady);
  }

  private <P extends HasMetadata> void register(Reconciler<P> reconciler, Duration resync) {
    operator.register(
        reconciler,
        overrider ->
            overrider
                .withReconciliationMaxInterval(resync)
                .withInformerListLimit(ClusterCache.PAGE)
                .withRetry(
                    GenericRetry.defaultLimitedExponentialRetry()
                        .setInitialInterval(500)
                        .setMaxInterval(60_000)
                        .withoutMaxAttempts()));
  }

  private LeaderElectionConfiguration election(OperatorConfig config) {
    return new LeaderElectionConfiguration(
        LeaseNames.OPERATOR,
        config.namespace(),
        LeaderElectionConfiguration.LEASE_DURATION_DEFAULT_VALUE,
        LeaderElectionConfiguration.RENEW_DEADLINE_DEFAULT_VALUE,
        LeaderElectionConfiguration.RETRY_PERIOD_DEFAULT_VALUE,
        config.instance(),
        new LeaderCallbacks(
            this::startLeading,
            this::stopLeading,
            leader -> LOG.atInfo().addKeyValue("leader", leader).log("Leader changed")),
        false);
  }

  private void startLeading() {
    reconcilers.forEach(LimitedReconciler::reset);
    leading = true;
    LOG.info("This replica is the leader");
  }

  private void stopLeading() {
    leading = false;
    if (!closing.get()) {
      LOG.warn("This replica is no longer the leader");
      onLeadershipLost.run();
    }
  }

  private void forgetEventsOf(@Nullable HasMetadata before, @Nullable HasMetadata after) {
    if (before != null && after == null) {
      events.forget(before);
    }
  }

  private void startPeriodicTasks() {
    every(LEASES_EVERY, leases::check);
    every(LEASES_EVERY, whileLeading(events::warn));
    every(SECRETS_EVERY, whileLeading(secretPoller::poll));
    every(LEFT_EVERY, () -> leftSecrets.sweep(leading));
    every(LEFT_EVERY, whileLeading(orphans::sweepOwned));
    every(ORPHANS_EVERY, whileLeading(orphans::sweep));
    every(ORPHANS_EVERY, whileLeading(claims::sweep));
  }

  private Runnable whileLeading(Runnable task) {
    return () -> {
      if (leading) {
        task.run();
      }
    };
  }

  /** A task that threw would not be scheduled again, so exceptions end here. */
  private void every(Duration pause, Runnable task) {
    var unused =
        periodicTasks.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                metrics.periodicTaskFailed(e);
                LOG.atError().setCause(e).log("Periodic task failed");
              }
            },
            pause.toSeconds(),
            pause.toSeconds(),
            TimeUnit.SECONDS);
  }

  /** A primary that a controller does not reconcile; empty if there is none. */
  private Optional<String> stuckReconciliation() {
    return leading
        ? reconcilers.stream()
            .flatMap(controller -> controller.requeues().stuckLongerThan(STUCK).stream())
            .findFirst()
        : Optional.empty();
  }

  private boolean isReady() {
    return !closing.get() && state.kinds().values().stream().allMatch(kind -> kind.hasSynced());
  }

  /** The address that serves metrics and health. */
  public InetSocketAddress httpAddress() {
    return server.address();
  }

  /** The version in the jar's manifest. */
  public static String version() {
    var version = OperatorRuntime.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** Waits for running reconciliations, releases the Lease and stops; idempotent. */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    periodicTasks.shutdownNow();
    try {
      operator.stop();
    } finally {
      state.close();
      server.close();
    }
    LOG.info("Operator stopped");
  }
}
