package dev.wiremesh.agent.metrics;

import dev.wiremesh.agent.apply.ApplyTimer;
import dev.wiremesh.agent.host.sysctl.NodeSettings;
import dev.wiremesh.agent.observe.LiveNetwork;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

/** The metrics of the agent: those of its networks and those of the process. Thread-safe. */
public final class AgentMetrics implements ApplyTimer, AutoCloseable {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final JvmGcMetrics gc = new JvmGcMetrics();

  private final String version;
  private final Compatibility compatibility;

  public AgentMetrics(String version, Compatibility compatibility) {
    this.version = version;
    this.compatibility = compatibility;
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    gc.bindTo(registry);
  }

  /** Adds the metrics of networks, which are read at the moment of a scrape. */
  public void collect(Supplier<List<LiveNetwork>> networks) {
    var prometheus = registry.getPrometheusRegistry();
    prometheus.register(new MeshCollector(networks, version));
    if (compatibility == Compatibility.WIREGUARD_EXPORTER) {
      prometheus.register(new WireGuardExporterCollector(networks));
    }
  }

  /** Adds a gauge for each watched kind: whether its watch is connected. */
  public void watch(Map<String, BooleanSupplier> watching) {
    watching.forEach((kind, isWatching) ->
        Gauge.builder("wiremesh.informer.watching", () -> isWatching.getAsBoolean() ? 1 : 0)
            .description("1 while the API server tells of the changes of a kind, else 0.")
            .tag("kind", kind)
            .register(registry));
  }

  /** Adds counts of failed parts of control cycles, and by kind of objects that are left out. */
  public void countProblems(LongSupplier failures, ToLongFunction<String> unreadable) {
    FunctionCounter.builder("wiremesh.control.failures", failures, it -> (double) it.getAsLong())
        .description("Parts of control cycles that failed by an exception; the others went on.")
        .register(registry);
    for (var kind : List.of("WireGuardNetwork", "MeshNode", "Peer")) {
      Gauge.builder("wiremesh.unreadable.objects", () -> unreadable.applyAsLong(kind))
          .description("Objects that are left out, since this version cannot read them.")
          .tag("kind", kind)
          .register(registry);
    }
  }

  /** Adds a gauge for each setting of the node: whether it should be changed. */
  public void advise(NodeSettings settings) {
    for (var setting : NodeSettings.Setting.values()) {
      Gauge.builder("wiremesh.node.setting.advised", () -> settings.isAdvised(setting) ? 1 : 0)
          .description(
              "1 while a setting of the node should be changed: RoutesProgrammed says to what.")
          .tag("setting", setting.text())
          .register(registry);
    }
  }

  @Override
  public void applied(String network, Duration duration) {
    Timer.builder("wiremesh.plan.apply.duration")
        .description("Duration of applying a plan.")
        .tag("network", network)
        .serviceLevelObjectives(
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            Duration.ofMillis(25),
            Duration.ofMillis(100),
            Duration.ofMillis(500),
            Duration.ofSeconds(2),
            Duration.ofSeconds(10))
        .register(registry)
        .record(duration);
  }

  /** All metrics in Prometheus' text format. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void close() {
    gc.close();
    registry.close();
  }
}
