package dev.wiremesh.operator.runtime;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.json.MeshObject;
import dev.wiremesh.api.v1alpha1.IPAllocation;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.operator.ipam.Allocations;
import dev.wiremesh.operator.ipam.NetworkPools;
import dev.wiremesh.operator.kube.LimitedReconciler;
import dev.wiremesh.operator.kube.ReportedFailureException;
import dev.wiremesh.operator.state.AgentLeases;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Secret;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.OperatorException;
import io.javaoperatorsdk.operator.api.monitoring.Metrics;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MultiGauge;
import io.micrometer.core.instrument.MultiGauge.Row;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The operator's metrics. Gauges are computed on each scrape; labels are networks, pools and kinds,
 * never single objects.
 */
final class OperatorMetrics implements Metrics {
  private static final String OPEN_METRICS = "application/openmetrics-text";
  private static final String PLAIN = "text/plain; version=0.0.4; charset=utf-8";

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ClusterCache state;
  private final Allocations allocations;
  private final Clock clock;
  private final MultiGauge poolAddresses;
  private final MultiGauge keyAge;
  private final MultiGauge silentAgents;

  OperatorMetrics(ClusterCache state, Allocations allocations, Clock clock) {
    this.state = state;
    this.allocations = allocations;
    this.clock = clock;
    poolAddresses =
        MultiGauge.builder("wiremesh.pool.addresses")
            .description("Addresses of a pool by state.")
            .register(registry);
    keyAge =
        MultiGauge.builder("wiremesh.key.age")
            .baseUnit("seconds")
            .description("Age of the oldest node key of a network.")
            .register(registry);
    silentAgents =
        MultiGauge.builder("wiremesh.silent.agents")
            .description("Nodes of a network whose agents are silent.")
            .register(registry);
    state
        .kinds()
        .forEach((kind, watched) ->
            Gauge.builder(
                    "wiremesh.informer.last.event.age",
                    () ->
                        Duration.between(watched.lastEvent(), clock.instant()).toMillis() / 1000.0)
                .baseUnit("seconds")
                .tag("kind", kind)
                .description("Time since the last event of a watch.")
                .register(registry));
    unreadable("Peer", () -> state.peers().all());
    unreadable("WireGuardNetwork", () -> state.networks().all());
    unreadable("MeshNode", () -> state.meshNodes().all());
    unreadable("IPAllocation", () -> state.allocations().all());
    Gauge.builder("wiremesh.build.info", () -> 1)
        .tag("version", OperatorRuntime.version())
        .tag("component", "operator")
        .tag("java", Runtime.version().toString())
        .description("The version that runs.")
        .register(registry);
    // Registered at start: a counter that appears with its first error has no rate.
    for (var kind :
        List.of(WireGuardNetwork.class, MeshNode.class, Peer.class, IPAllocation.class)) {
      errors(HasMetadata.getKind(kind), KubernetesClientException.class);
    }
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    bindGc(registry);
  }

  /** Counts the objects whose last reconciliation failed. */
  void countFailing(LimitedReconciler<?> reconciler) {
    Gauge.builder("wiremesh.failing.objects", reconciler::failing)
        .tag("kind", reconciler.requeues().name())
        .description("Objects whose last reconciliation failed.")
        .register(registry);
  }

  /** Counts the nodes of a network whose agents are silent, on each scrape. */
  private ArrayList<Row<?>> silentRows() {
    var rows = new ArrayList<Row<?>>();
    for (var network : state.networks().all()) {
      var name = network.getMetadata().getName();
      var silent =
          state.meshNodes().by(ClusterCache.BY_NETWORK, name).stream()
              .flatMap(node ->
                  Conditions.find(node.getStatus().conditions, ConditionType.READY).stream())
              .filter(AgentLeases::saysSilent)
              .count();
      rows.add(Row.of(Tags.of("network", name), silent));
    }
    return rows;
  }

  void periodicTaskFailed(RuntimeException thrown) {
    errors("PeriodicTask", thrown.getClass()).increment();
  }

  private void unreadable(String kind, Supplier<Collection<? extends MeshObject>> objects) {
    Gauge.builder(
            "wiremesh.unreadable.objects",
            () ->
                objects.get().stream()
                    .filter(object -> MeshViews.unreadable(object).isPresent())
                    .count())
        .tag("kind", kind)
        .description("Objects that are left out, since this version cannot read them.")
        .register(registry);
  }

  @SuppressWarnings("resource") // lives as long as the process
  private static void bindGc(PrometheusMeterRegistry registry) {
    new JvmGcMetrics().bindTo(registry);
  }

  /** A scrape's answer. */
  record Answer(String contentType, String text) {}

  Answer scrape(@Nullable String accepted) {
    poolAddresses.register(poolRows(), true);
    keyAge.register(keyRows(), true);
    silentAgents.register(silentRows(), true);
    var type =
        accepted != null && accepted.contains(OPEN_METRICS)
            ? OPEN_METRICS + "; version=1.0.0; charset=utf-8"
            : PLAIN;
    return new Answer(type, registry.scrape(type));
  }

  private ArrayList<Row<?>> poolRows() {
    var rows = new ArrayList<Row<?>>();
    var now = clock.instant();
    for (var network : state.networks().all()) {
      var name = network.getMetadata().getName();
      var pools = NetworkPools.of(network);
      var leases = allocations.leases(name);
      for (var pool : pools.pools()) {
        var use = pools.use(pool, leases, now);
        var tags = Tags.of("network", name, "pool", pool.name());
        rows.add(Row.of(tags.and("state", "capacity"), use.capacity()));
        rows.add(Row.of(tags.and("state", "allocated"), use.allocated()));
        rows.add(Row.of(tags.and("state", "quarantined"), use.quarantined()));
        rows.add(Row.of(tags.and("state", "free"), use.free()));
      }
    }
    return rows;
  }

  private ArrayList<Row<?>> keyRows() {
    var oldest = new HashMap<String, Instant>();
    for (var secret : state.secrets().all()) {
      var labels = secret.getMetadata().getLabels();
      var network = labels == null ? null : labels.get(Labels.NETWORK);
      if (network != null && isNodeKey(secret)) {
        var created = Instant.parse(secret.getMetadata().getCreationTimestamp());
        oldest.merge(network, created, (one, other) -> one.isBefore(other) ? one : other);
      }
    }
    var rows = new ArrayList<Row<?>>();
    var now = clock.instant();
    oldest.forEach((network, created) ->
        rows.add(Row.of(Tags.of("network", network), Duration.between(created, now).toSeconds())));
    return rows;
  }

  private static boolean isNodeKey(Secret secret) {
    return secret.getMetadata().getName().startsWith(SecretNames.node(""));
  }

  void reconciled(String kind, Duration took) {
    Timer.builder("wiremesh.reconcile.duration")
        .tag("kind", kind)
        .description("How long it took to look at an object, without the wait for its turn.")
        .serviceLevelObjectives(
            Duration.ofMillis(10),
            Duration.ofMillis(50),
            Duration.ofMillis(250),
            Duration.ofSeconds(1),
            Duration.ofSeconds(5))
        .register(registry)
        .record(took);
  }

  @Override
  public void failedReconciliation(
      HasMetadata resource, Exception exception, Map<String, Object> metadata) {
    Throwable cause = exception;
    while (cause.getCause() != null
        && (cause instanceof OperatorException || cause instanceof ReportedFailureException)) {
      cause = cause.getCause();
    }
    errors(resource.getKind(), cause.getClass()).increment();
  }

  private Counter errors(String kind, Class<?> cause) {
    return Counter.builder("wiremesh.reconcile.errors")
        .tag("kind", kind.toLowerCase(Locale.ROOT))
        .tag("reason", cause.getSimpleName())
        .description("How often looking at an object failed.")
        .register(registry);
  }
}
