package dev.wiremesh.agent.metrics;

import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Collector of peer metrics under the names and labels of prometheus_wireguard_exporter. One
 * difference: a peer without a handshake has no last handshake here, and one in 1970 there.
 */
final class WireGuardExporterCollector implements MultiCollector {
  private final Supplier<List<LiveNetwork>> networks;

  WireGuardExporterCollector(Supplier<List<LiveNetwork>> networks) {
    this.networks = networks;
  }

  @Override
  public MetricSnapshots collect() {
    var sent =
        CounterSnapshot.builder().name("wireguard_sent_bytes").help("Bytes sent to the peer");
    var received =
        CounterSnapshot.builder()
            .name("wireguard_received_bytes")
            .help("Bytes received from the peer");
    var handshake =
        GaugeSnapshot.builder()
            .name("wireguard_latest_handshake_seconds")
            .help("UNIX timestamp seconds of the last handshake");
    for (var network : networks.get()) {
      var device = network.device();
      if (device == null) {
        continue;
      }
      var snapshot = device.snapshot();
      for (var peer : snapshot.peers()) {
        var plan = network.status().peers().get(peer.publicKey());
        if (plan == null) {
          continue;
        }
        var labels = labels(snapshot.name(), peer, plan);
        sent.dataPoint(counter(labels, peer.traffic().sent().bytes()));
        received.dataPoint(counter(labels, peer.traffic().received().bytes()));
        var last = peer.connection().lastHandshake();
        if (last != null) {
          handshake.dataPoint(
              GaugeSnapshot.GaugeDataPointSnapshot.builder()
                  .labels(labels)
                  .value(last.getEpochSecond())
                  .build());
        }
      }
    }
    return MetricSnapshots.of(sent.build(), received.build(), handshake.build());
  }

  /** The lines of {@code wg show all dump}, from which the exporter reads. */
  private static String allowedIps(PeerSnapshot peer) {
    var text =
        peer.configuration().allowedIps().stream()
            .map(IpPrefix::toString)
            .collect(Collectors.joining(","));
    return text.isEmpty() ? "(none)" : text;
  }

  private static Labels labels(String interfaceName, PeerSnapshot peer, PeerPlan plan) {
    return Labels.of(
        "interface",
        interfaceName,
        "public_key",
        peer.publicKey().toString(),
        "allowed_ips",
        allowedIps(peer),
        "friendly_name",
        plan.name());
  }

  private static CounterSnapshot.CounterDataPointSnapshot counter(Labels labels, long value) {
    return CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build();
  }
}
