package dev.wiremesh.agent.metrics;

import dev.wiremesh.agent.control.RunningNetwork;
import dev.wiremesh.agent.report.Connectivity;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import io.prometheus.metrics.model.registry.MultiCollector;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the devices at the moment of a scrape: nothing is counted twice, and a peer that is gone
 * leaves no series behind. What has no value is absent.
 */
public final class MeshCollector implements MultiCollector {
  private static final String NETWORK = "network";
  private static final String PEER = "peer";

  private final Supplier<List<RunningNetwork>> networks;
  private final String version;

  public MeshCollector(Supplier<List<RunningNetwork>> networks, String version) {
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

  /** One scrape: the families, filled network by network. */
  private static final class Scrape {
    private final CounterSnapshot.Builder handshakes =
        counter("handshakes", "Handshakes by who began them and what became of them.");
    private final CounterSnapshot.Builder drops =
        counter("dropped_packets", "Packets that went no further, by direction and reason.");
    private final CounterSnapshot.Builder endpointChanges =
        counter("endpoint_changes", "How often a peer's endpoint moved, by what moved it.");
    private final CounterSnapshot.Builder receivedBytes =
        counter("peer_receive_bytes", "Bytes received from a peer, WireGuard's headers included.");
    private final CounterSnapshot.Builder sentBytes =
        counter("peer_transmit_bytes", "Bytes sent to a peer, WireGuard's headers included.");
    private final CounterSnapshot.Builder receivedPackets =
        counter("peer_receive_packets", "Packets received from a peer.");
    private final CounterSnapshot.Builder sentPackets =
        counter("peer_transmit_packets", "Packets sent to a peer.");
    private final CounterSnapshot.Builder lostPackets =
        counter("peer_receive_lost_packets", "Packets of a peer that never arrived.");
    private final GaugeSnapshot.Builder lastHandshake =
        gauge("peer_last_handshake_timestamp_seconds", "When the last handshake was completed.");
    private final GaugeSnapshot.Builder connected =
        gauge("peer_connected", "1 while the last handshake is fresh, else 0.");
    private final GaugeSnapshot.Builder peers = gauge("peers", "Peers of this node by state.");
    private final GaugeSnapshot.Builder applied =
        gauge("applied_generation", "Number of the plan that is completely in force.");
    private final GaugeSnapshot.Builder desired =
        gauge("desired_generation", "Number of the newest plan; counted since the agent started.");
    private final InfoSnapshot.Builder info =
        InfoSnapshot.builder()
            .name("wiremesh_peer")
            .help("What is known of a peer beside numbers.");

    void add(RunningNetwork network) {
      var name = network.network();
      if (network.appliedGeneration() > 0) {
        applied.dataPoint(value(Labels.of(NETWORK, name), network.appliedGeneration()));
      }
      desired.dataPoint(value(Labels.of(NETWORK, name), network.desiredGeneration()));
      states(network);
      var device = network.device();
      if (device == null) {
        return;
      }
      var counters = device.counters();
      counters
          .handshakes()
          .forEach((outcome, count) ->
              handshakes.dataPoint(
                  count(
                      Labels.of(
                          NETWORK,
                          name,
                          "direction",
                          outcome.direction(),
                          "result",
                          outcome.result()),
                      count)));
      counters
          .drops()
          .forEach((reason, count) ->
              drops.dataPoint(
                  count(
                      Labels.of(
                          NETWORK,
                          name,
                          "direction",
                          reason.direction(),
                          "reason",
                          reason.reason()),
                      count)));
      counters
          .endpointChanges()
          .forEach((source, count) ->
              endpointChanges.dataPoint(
                  count(Labels.of(NETWORK, name, "source", source.label()), count)));
      for (var snapshot : device.snapshot().peers()) {
        var plan = network.peers().get(snapshot.publicKey());
        if (plan != null) {
          add(name, plan, snapshot);
        }
      }
    }

    private void states(RunningNetwork network) {
      var name = network.network();
      for (var state : Connectivity.values()) {
        long count =
            network.observed().values().stream().filter(peer -> peer.state() == state).count();
        peers.dataPoint(value(Labels.of(NETWORK, name, "state", state.label()), count));
      }
      for (var peer : network.observed().values()) {
        var labels = Labels.of(NETWORK, name, PEER, peer.plan().name());
        if (peer.state() != Connectivity.UNKNOWN) {
          connected.dataPoint(value(labels, peer.state() == Connectivity.CONNECTED ? 1 : 0));
        }
        var handshake = peer.lastHandshake();
        if (handshake != null) {
          lastHandshake.dataPoint(value(labels, handshake.toEpochMilli() / 1000.0));
        }
      }
    }

    private void add(String network, PeerPlan plan, PeerSnapshot snapshot) {
      var labels = Labels.of(NETWORK, network, PEER, plan.name());
      receivedBytes.dataPoint(count(labels, snapshot.receivedBytes()));
      sentBytes.dataPoint(count(labels, snapshot.sentBytes()));
      receivedPackets.dataPoint(count(labels, snapshot.receivedPackets()));
      sentPackets.dataPoint(count(labels, snapshot.sentPackets()));
      lostPackets.dataPoint(count(labels, snapshot.lostPackets()));
      info.dataPoint(
          new InfoSnapshot.InfoDataPointSnapshot(
              Labels.of(
                  NETWORK,
                  network,
                  PEER,
                  plan.name(),
                  "public_key",
                  plan.publicKey().toString(),
                  "endpoint",
                  text(snapshot.endpoint()),
                  "kind",
                  plan.kind().name().toLowerCase(Locale.ROOT))));
    }

    List<MetricSnapshot> snapshots(String version) {
      var all = new ArrayList<MetricSnapshot>();
      all.add(
          InfoSnapshot.builder()
              .name("wiremesh_build")
              .help("What runs here.")
              .dataPoint(
                  new InfoSnapshot.InfoDataPointSnapshot(
                      Labels.of(
                          "component",
                          "agent",
                          "version",
                          version,
                          "java",
                          Runtime.version().toString())))
              .build());
      for (MetricSnapshot snapshot :
          List.of(
              handshakes.build(),
              drops.build(),
              endpointChanges.build(),
              receivedBytes.build(),
              sentBytes.build(),
              receivedPackets.build(),
              sentPackets.build(),
              lostPackets.build(),
              lastHandshake.build(),
              connected.build(),
              peers.build(),
              applied.build(),
              desired.build(),
              info.build())) {
        if (!snapshot.getDataPoints().isEmpty()) {
          all.add(snapshot);
        }
      }
      return all;
    }

    private static CounterSnapshot.Builder counter(String name, String help) {
      return CounterSnapshot.builder().name("wiremesh_" + name).help(help);
    }

    private static GaugeSnapshot.Builder gauge(String name, String help) {
      return GaugeSnapshot.builder().name("wiremesh_" + name).help(help);
    }

    private static CounterSnapshot.CounterDataPointSnapshot count(Labels labels, double value) {
      return CounterSnapshot.CounterDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    private static GaugeSnapshot.GaugeDataPointSnapshot value(Labels labels, double value) {
      return GaugeSnapshot.GaugeDataPointSnapshot.builder().labels(labels).value(value).build();
    }

    private static String text(@Nullable Object value) {
      return value == null ? "" : value.toString();
    }
  }
}
