package dev.wiremesh.agent.metrics;

import dev.wiremesh.agent.group.GroupState;
import dev.wiremesh.agent.observe.LatencyStats;
import dev.wiremesh.agent.observe.LiveNetwork;
import dev.wiremesh.agent.observe.NetworkStatus;
import dev.wiremesh.core.session.Connectivity;
import dev.wiremesh.core.topology.PeerPlan;
import dev.wiremesh.wireguard.device.BatchSizes;
import dev.wiremesh.wireguard.device.PeerSnapshot;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;
import org.jspecify.annotations.Nullable;

/** One scrape: metric families, filled network by network. Owned by one thread. */
final class Scrape {
  private static final String NETWORK = "network";
  private static final String PEER = "peer";

  private final CounterSnapshot.Builder handshakes =
      counter("handshakes", "Handshakes by direction and result.");
  private final CounterSnapshot.Builder drops =
      counter("dropped_packets", "Packets that went no further, by direction and reason.");
  private final HistogramSnapshot.Builder batches =
      histogram("batch_packets", "Batches of packets by how many were in them.");
  private final CounterSnapshot.Builder endpointChanges =
      counter("endpoint_changes", "Endpoint changes of a peer, by source.");
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
  private final CounterSnapshot.Builder reorderedPackets =
      counter("peer_receive_reordered_packets", "Packets of a peer that a later one overtook.");
  private final GaugeSnapshot.Builder lastHandshake =
      gauge("peer_last_handshake_timestamp_seconds", "Time of the last completed handshake.");
  private final GaugeSnapshot.Builder connected =
      gauge("peer_connected", "1 while the last handshake is fresh, else 0.");
  private final GaugeSnapshot.Builder jitter =
      gauge("peer_jitter_seconds", "Mean deviation of the RTT to a peer from the smoothed RTT.");
  private final HistogramSnapshot.Builder roundTrips =
      histogram("peer_rtt_seconds", "RTT to a peer, by source.");
  private final HistogramSnapshot.Builder handshakeDurations =
      histogram("handshake_duration_seconds", "Duration of handshakes, by direction.");
  private final GaugeSnapshot.Builder routes = gauge("routes", "Routes of this node by state.");
  private final GaugeSnapshot.Builder groupActive =
      gauge(
          "route_group_active",
          "1 for the route of a group that carries its traffic, 0 for one on standby.");
  private final CounterSnapshot.Builder groupSwitches =
      counter("route_group_switches", "Changes of the active peer of a group, by this node.");
  private final GaugeSnapshot.Builder offloads =
      gauge("offload_enabled", "1 while an offload of the kernel is in use, else 0.");
  private final GaugeSnapshot.Builder peers = gauge("peers", "Peers of this node by state.");
  private final GaugeSnapshot.Builder applied =
      gauge(
          "applied_generation", "Number of the plan that is completely in force; 0 while none is.");
  private final GaugeSnapshot.Builder desired =
      gauge("desired_generation", "Number of the newest plan; counted since the agent started.");
  private final InfoSnapshot.Builder info =
      InfoSnapshot.builder()
          .name("wiremesh_peer")
          .help("Properties of a peer that are not numbers.");

  void add(LiveNetwork network) {
    var name = network.network();
    var status = network.status();
    applied.dataPoint(value(Labels.of(NETWORK, name), status.appliedGeneration()));
    desired.dataPoint(value(Labels.of(NETWORK, name), status.desiredGeneration()));
    states(status);
    status
        .routes()
        .forEach((state, count) ->
            routes.dataPoint(value(Labels.of(NETWORK, name, "state", state.label()), count)));
    groups(name, status.groups());
    handshakeDurations(name, network.latency());
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
                        NETWORK, name, "direction", reason.direction(), "reason", reason.reason()),
                    count)));
    counters
        .endpointChanges()
        .forEach((source, count) ->
            endpointChanges.dataPoint(
                count(Labels.of(NETWORK, name, "source", source.label()), count)));
    batches.dataPoint(batches(name, "outgoing", counters.outgoing()));
    batches.dataPoint(batches(name, "incoming", counters.incoming()));
    var measured = network.latency().roundTrips();
    for (var snapshot : device.snapshot().peers()) {
      var plan = status.peers().get(snapshot.publicKey());
      if (plan != null) {
        add(name, plan, snapshot);
        for (var point : measured.getOrDefault(plan.publicKey().toString(), List.of())) {
          var source = text(point.getLabels().get(LatencyStats.SOURCE));
          roundTrips.dataPoint(
              relabelled(point, Labels.of(NETWORK, name, PEER, plan.name(), "source", source)));
        }
      }
    }
    device
        .offloads()
        .byName()
        .forEach((kind, on) ->
            offloads.dataPoint(value(Labels.of(NETWORK, name, "kind", kind), on ? 1 : 0)));
  }

  private void groups(String network, GroupState state) {
    for (var plan : state.groups()) {
      for (var member : plan.members()) {
        var peer = member.name();
        var cidr = plan.group().cidr().toString();
        groupActive.dataPoint(
            value(
                Labels.of(NETWORK, network, PEER, peer.toString(), "route", cidr),
                peer.equals(plan.active()) ? 1 : 0));
      }
    }
    if (!state.groups().isEmpty()) {
      groupSwitches.dataPoint(count(Labels.of(NETWORK, network), state.switches()));
    }
  }

  private static HistogramDataPointSnapshot batches(
      String network, String direction, BatchSizes sizes) {
    var upperBounds =
        DoubleStream.concat(
            BatchSizes.UPPER_BOUNDS.stream().mapToDouble(Integer::doubleValue),
            DoubleStream.of(Double.POSITIVE_INFINITY));
    var counts = sizes.counts().stream().mapToLong(Long::longValue);
    return HistogramDataPointSnapshot.builder()
        .labels(Labels.of(NETWORK, network, "direction", direction))
        .classicHistogramBuckets(
            ClassicHistogramBuckets.of(upperBounds.toArray(), counts.toArray()))
        .sum(sizes.packets())
        .build();
  }

  private void handshakeDurations(String network, LatencyStats latency) {
    for (var point : latency.handshakes()) {
      var direction = text(point.getLabels().get(LatencyStats.DIRECTION));
      handshakeDurations.dataPoint(
          relabelled(point, Labels.of(NETWORK, network, "direction", direction)));
    }
  }

  private void states(NetworkStatus network) {
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
    receivedBytes.dataPoint(count(labels, snapshot.traffic().received().bytes()));
    sentBytes.dataPoint(count(labels, snapshot.traffic().sent().bytes()));
    receivedPackets.dataPoint(count(labels, snapshot.traffic().received().packets()));
    sentPackets.dataPoint(count(labels, snapshot.traffic().sent().packets()));
    lostPackets.dataPoint(count(labels, snapshot.traffic().lostPackets()));
    reorderedPackets.dataPoint(count(labels, snapshot.traffic().reorderedPackets()));
    var variation = snapshot.roundTrip().jitter();
    if (variation != null) {
      jitter.dataPoint(value(labels, variation.toNanos() / 1e9));
    }
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
                text(snapshot.connection().endpoint()),
                "kind",
                plan.kind().name().toLowerCase(Locale.ROOT))));
  }

  List<MetricSnapshot> snapshots(String version) {
    var all = new ArrayList<MetricSnapshot>();
    all.add(
        InfoSnapshot.builder()
            .name("wiremesh_build")
            .help("Version of the agent.")
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
            batches.build(),
            endpointChanges.build(),
            receivedBytes.build(),
            sentBytes.build(),
            receivedPackets.build(),
            sentPackets.build(),
            lostPackets.build(),
            reorderedPackets.build(),
            lastHandshake.build(),
            connected.build(),
            jitter.build(),
            roundTrips.build(),
            handshakeDurations.build(),
            routes.build(),
            groupActive.build(),
            groupSwitches.build(),
            offloads.build(),
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

  private static HistogramSnapshot.Builder histogram(String name, String help) {
    return HistogramSnapshot.builder().name("wiremesh_" + name).help(help);
  }

  private static HistogramDataPointSnapshot relabelled(
      HistogramDataPointSnapshot point, Labels labels) {
    return HistogramDataPointSnapshot.builder()
        .labels(labels)
        .classicHistogramBuckets(point.getClassicBuckets())
        .sum(point.getSum())
        .build();
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
