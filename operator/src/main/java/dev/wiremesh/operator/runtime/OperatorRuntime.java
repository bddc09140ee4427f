package dev.wiremesh.operator.runtime;

import dev.wiremesh.operator.ipam.AddressAllocator;
import dev.wiremesh.operator.ipam.AllocationReconciler;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.keys.OrphanedSecrets;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.WorkLimit;
import dev.wiremesh.operator.network.NetworkReconciler;
import dev.wiremesh.operator.node.MeshNodeReconciler;
import dev.wiremesh.operator.peer.PeerReconciler;
import dev.wiremesh.operator.peer.SecretPoller;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.GatewayLeases;
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
 * The running operator: the one place where its parts are put together. Thread-safe; closed once.
 *
 * <p>Of the framework it hides what version 5.2 lacks: its shutdown hook does not go with leader
 * election, and it ends the process from within.
 */
public final class OperatorRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OperatorRuntime.class);
  private static final String LEASE = "wiremesh-operator";

  /** Everything is looked at again this often; nothing is written if nothing has changed. */
  private static final Duration RESYNC = Duration.ofMinutes(10);

  private static final Duration FIRST_SIGHT = Duration.ofMinutes(2);
  private static final Duration LAST_WORK = Duration.ofSeconds(10);
  private static final Duration LEASES_EVERY = Duration.ofSeconds(3);

  /** What is wrong for less than this has nobody read an Event. */
  private static final Duration WARN_AFTER = Duration.ofSeconds(30);

  private static final Duration SECRETS_EVERY = Duration.ofSeconds(3);
  private static final int SECRETS_AT_A_TIME = 30;
  private static final Duration HOUSEKEEPING = Duration.ofMinutes(10);

  /** Nobody waits this long but for a controller that is wedged. */
  private static final Duration WEDGED = Duration.ofMinutes(5);

  private static final int CONCURRENT_RECONCILIATIONS = 8;

  private final ClusterCache state;
  private final Operator operator;
  private final ManagementServer server;
  private final Runnable onLeadershipLost;
  private final List<RequeueSource<?>> nudges;
  private final OrphanedSecrets orphans;
  private final SecretPoller secretRounds;
  private final GatewayLeases leases;
  private final Events events;

  /** Two: what waits for answers of the API server must not delay the look at the leases. */
  private final ScheduledExecutorService housekeeping =
      Executors.newScheduledThreadPool(
          2, task -> Thread.ofPlatform().daemon().name("housekeeping").unstarted(task));

  private volatile boolean leading;
  private final AtomicBoolean closing = new AtomicBoolean();

  /** Starts everything; returns when the cluster has been seen and work has begun. */
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
      runtime.state.start(FIRST_SIGHT);
      runtime.leases.recall();
      runtime.operator.start();
      runtime.keepHouse();
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
    // First what answers questions, then who asks them when they hear of a change.
    var meshes = new MeshCache(state);
    var allocations = new Allocations(state);
    var metrics = new OperatorMetrics(state, allocations, clock);

    var limit = new WorkLimit(CONCURRENT_RECONCILIATIONS, metrics::reconciled);
    events = new Events(client, config.instance(), clock, WARN_AFTER);
    var secrets = new OperatorSecrets(client, state, config.namespace(), random);
    var allocator = new AddressAllocator(client, allocations, clock);
    leases = new GatewayLeases(client, state, config.gatewayLostAfter());
    var networks =
        new NetworkReconciler(client, state, leases, secrets, allocations, events, limit, clock);
    var nodes = new MeshNodeReconciler(client, state, secrets, allocator, events, limit, clock);
    var peers =
        new PeerReconciler(
            client, state, leases, meshes, secrets, allocator, events, random, limit, clock);
    var addresses = new AllocationReconciler(client, state, allocations, allocator, limit, clock);
    var triggers = new RequeueRules(state, networks.nudges(), nodes.nudges(), peers.nudges());
    triggers.listen();
    leases.listen(triggers::gatewayChanged);
    state.networks().listen((before, after) -> forgetEventsOf(before, after));
    state.peers().listen((before, after) -> forgetEventsOf(before, after));

    operator =
        new Operator(overrider -> {
          overrider
              .withKubernetesClient(client)
              .withCloseClientOnStop(false)
              .withMetrics(metrics)
              .withResourceCloner(new MeshObjectCloner(client))
              .withExecutorService(Executors.newVirtualThreadPerTaskExecutor())
              .withReconciliationTerminationTimeout(LAST_WORK)
              .withCacheSyncTimeout(FIRST_SIGHT);
          if (config.leaderElection()) {
            overrider.withLeaderElectionConfiguration(election(config));
          }
        });
    register(networks, resync);
    register(nodes, resync);
    register(peers, resync);
    register(addresses, resync);
    nudges = List.of(networks.nudges(), nodes.nudges(), peers.nudges(), addresses.nudges());
    orphans = new OrphanedSecrets(client, state, clock);
    secretRounds = new SecretPoller(client, state, peers.nudges(), SECRETS_AT_A_TIME);
    leading = !config.leaderElection();
    server = new ManagementServer(config.httpListen(), metrics, this::trouble, this::isReady);
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
        LEASE,
        config.namespace(),
        LeaderElectionConfiguration.LEASE_DURATION_DEFAULT_VALUE,
        LeaderElectionConfiguration.RENEW_DEADLINE_DEFAULT_VALUE,
        LeaderElectionConfiguration.RETRY_PERIOD_DEFAULT_VALUE,
        config.instance(),
        new LeaderCallbacks(
            this::startLeading,
            this::stopLeading,
            leader -> LOG.atInfo().addKeyValue("leader", leader).log("The leader is known")),
        false);
  }

  private void startLeading() {
    nudges.forEach(RequeueSource::beginAnew);
    leading = true;
    LOG.info("This replica leads");
  }

  private void stopLeading() {
    leading = false;
    if (!closing.get()) {
      LOG.warn("This replica does not lead any more");
      onLeadershipLost.run();
    }
  }

  private void forgetEventsOf(@Nullable HasMetadata before, @Nullable HasMetadata after) {
    if (before != null && after == null) {
      events.forget(before);
    }
  }

  private void keepHouse() {
    every(LEASES_EVERY, leases::look);
    every(LEASES_EVERY, whileLeading(events::warn));
    every(SECRETS_EVERY, whileLeading(secretRounds::go));
    every(HOUSEKEEPING, whileLeading(orphans::sweep));
  }

  private Runnable whileLeading(Runnable task) {
    return () -> {
      if (leading) {
        task.run();
      }
    };
  }

  /** What throws would not be run again; so nothing does. */
  private void every(Duration pause, Runnable task) {
    var unused =
        housekeeping.scheduleWithFixedDelay(
            () -> {
              try {
                task.run();
              } catch (RuntimeException e) {
                LOG.atError().setCause(e).log("Housekeeping failed; it goes on");
              }
            },
            pause.toSeconds(),
            pause.toSeconds(),
            TimeUnit.SECONDS);
  }

  /** Whether a controller has stopped looking at something, and at what; empty if all is well. */
  private Optional<String> trouble() {
    return leading
        ? nudges.stream().flatMap(it -> it.waitingLongerThan(WEDGED).stream()).findFirst()
        : Optional.empty();
  }

  private boolean isReady() {
    return !closing.get() && state.kinds().values().stream().allMatch(kind -> kind.hasSynced());
  }

  /** Where metrics and health are served. */
  public InetSocketAddress httpAddress() {
    return server.address();
  }

  /** The version in the jar's manifest. */
  public static String version() {
    var version = OperatorRuntime.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /** Lets running work end, gives the lease back and stops; the second call does nothing. */
  @Override
  public void close() {
    if (!closing.compareAndSet(false, true)) {
      return;
    }
    housekeeping.shutdownNow();
    try {
      operator.stop();
    } finally {
      state.close();
      server.close();
    }
    LOG.info("The operator has stopped");
  }
}
