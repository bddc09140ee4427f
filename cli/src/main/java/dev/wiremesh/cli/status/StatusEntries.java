package dev.wiremesh.cli.status;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.HostPort;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.cli.status.StatusReport.ConditionEntry;
import dev.wiremesh.cli.status.StatusReport.Counts;
import dev.wiremesh.cli.status.StatusReport.Device;
import dev.wiremesh.cli.status.StatusReport.Health;
import dev.wiremesh.cli.status.StatusReport.Identity;
import dev.wiremesh.cli.status.StatusReport.NetworkEntry;
import dev.wiremesh.cli.status.StatusReport.NodeEntry;
import dev.wiremesh.cli.status.StatusReport.PeerEntry;
import dev.wiremesh.cli.status.StatusReport.PoolEntry;
import dev.wiremesh.cli.status.StatusReport.ProblemEntry;
import dev.wiremesh.cli.status.StatusReport.RouteEntry;
import dev.wiremesh.cli.status.StatusReport.Session;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Entries of a report, made from API objects. */
final class StatusEntries {
  private static final String NOT_SEEN =
      "the operator has not looked at it yet: is it running? (kubectl get pods -A -l app.kubernetes.io/name=wiremesh)";

  private StatusEntries() {}

  static NetworkEntry of(WireGuardNetwork network) {
    var status = network.getStatus();
    var nodes = status.nodes;
    var peers = status.peers;
    return new NetworkEntry(
        network.getMetadata().getName(),
        network.getSpec().addressPools.stream().map(pool -> pool.cidr).toList(),
        status.effective == null ? null : status.effective.listenPort,
        nodes == null ? new Counts(null, null) : new Counts(nodes.ready, nodes.total),
        peers == null ? new Counts(null, null) : new Counts(peers.connected, peers.total),
        status.pools.stream()
            .map(pool -> new PoolEntry(pool.name, pool.capacity, pool.free))
            .toList(),
        health(status.conditions, isCurrent(network.getMetadata(), status.observedGeneration)));
  }

  static NodeEntry of(MeshNode node) {
    var spec = node.getSpec();
    var status = node.getStatus();
    var peers = status.peers;
    return new NodeEntry(
        spec.networkRef.name,
        spec.nodeName,
        spec.gateway,
        new Device(
            spec.addresses,
            spec.endpoints.stream().map(StatusEntries::endpoint).toList(),
            status.publicKey,
            status.mtu),
        peers == null ? new Counts(null, null) : new Counts(peers.connected, peers.total),
        status.problemPeers.stream()
            .map(problem -> new ProblemEntry(problem.name, problem.reason, problem.message))
            .toList(),
        status.conditions.isEmpty()
            ? new Health("Unknown", "its agent has not reported yet", List.of())
            : health(status.conditions, true));
  }

  static PeerEntry of(Peer peer) {
    var status = peer.getStatus();
    var health =
        health(status.conditions, isCurrent(peer.getMetadata(), status.observedGeneration));
    return new PeerEntry(
        peer.getMetadata().getNamespace(),
        peer.getMetadata().getName(),
        peer.getSpec().networkRef.name,
        new Identity(status.addresses, status.publicKey),
        session(status.connectivity),
        status.routes.stream()
            .map(route -> new RouteEntry(route.cidr, word(route.state), route.message))
            .toList(),
        health.why() == null && health.isReady()
            ? withReason(health, status.conditions, ConditionType.CONNECTED)
            : health);
  }

  private static Session session(PeerStatus.@Nullable Connectivity connectivity) {
    if (connectivity == null) {
      return new Session("Unknown", null, null, null, null);
    }
    var state = word(connectivity.state);
    return new Session(
        state == null ? "Unknown" : state,
        connectivity.gateway,
        connectivity.endpoint,
        connectivity.since,
        connectivity.lastHandshakeTime);
  }

  /** Whether the operator has seen the object as it is now. */
  private static boolean isCurrent(ObjectMeta metadata, @Nullable Long observed) {
    return observed != null
        && (metadata.getGeneration() == null || observed >= metadata.getGeneration());
  }

  private static Health health(List<Condition> conditions, boolean current) {
    var entries =
        conditions.stream()
            .map(it ->
                new ConditionEntry(it.getType(), it.getStatus(), it.getReason(), it.getMessage()))
            .toList();
    var ready = Conditions.find(conditions, ConditionType.READY);
    if (ready.isEmpty()) {
      return new Health("Unknown", NOT_SEEN, entries);
    }
    if (!current) {
      return new Health(
          ready.get().getStatus(), "the operator has not seen its last change yet", entries);
    }
    return withReason(
        new Health(ready.get().getStatus(), null, entries), conditions, ConditionType.READY);
  }

  /** The same with the words of a condition, unless that is True. */
  private static Health withReason(Health health, List<Condition> conditions, ConditionType type) {
    return Conditions.find(conditions, type)
        .filter(condition -> !Conditions.has(condition, ConditionStatus.TRUE))
        .map(it ->
            new Health(
                health.ready(), it.getReason() + ": " + it.getMessage(), health.conditions()))
        .orElse(health);
  }

  private static String endpoint(HostPort endpoint) {
    return endpoint.host.indexOf(':') >= 0
        ? "[" + endpoint.host + "]:" + endpoint.port
        : endpoint.host + ":" + endpoint.port;
  }

  private static @Nullable String word(@Nullable Enum<?> value) {
    if (value == null) {
      return null;
    }
    var name = value.name();
    return name.charAt(0) + name.substring(1).toLowerCase(Locale.ROOT);
  }
}
