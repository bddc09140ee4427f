package dev.wiremesh.agent.metrics;

import dev.wiremesh.agent.observe.LiveNetwork;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.Supplier;

/**
 * Collector of the networks' metrics. It reads the devices at the moment of a scrape: there are no
 * second counters, and a removed peer leaves no series behind. A metric without a value is absent.
 */
public final class MeshCollector implements MultiCollector {
  private final Supplier<List<LiveNetwork>> networks;
  private final String version;

  public MeshCollector(Supplier<List<LiveNetwork>> networks, String version) {
    this.networks = networks;
    this.version = version;
  }

  @Override
  public MetricSnapshots collect() {
    var scrape = new Scrape();
    for (var network : networks.get()) {
      scrape.add(network);
    }
    return new MetricSnapshots(scrape.snapshots(version));
  }
}
