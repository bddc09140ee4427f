package dev.wiremesh.agent.report;

import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedCondition;
import dev.wiremesh.agent.watch.LocalNetworks.GatewayNode;
import dev.wiremesh.api.ObjectNames;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeStatus;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.session.Connectivity;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.ConditionBuilder;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.api.model.OwnerReferenceBuilder;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.CustomResource;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Server-side apply under the agents' own field manager: exactly the fields that are ours, so that
 * whoever else writes the same status is not disturbed. Owned by the control thread; writes happen
 * beside it.
 */
public final class ApiReporter implements Reporter {
  private static final String FIELD_MANAGER = "wiremesh-agent";

  private final KubernetesClient client;
  private final String namespace;
  private final StatusWriter writer;
  private final String version;
  private final Instant startedAt;

  /** When each condition of an object last changed, as we last wrote it. */
  private final Map<String, Condition> written = new HashMap<>();

  /**
   * @param namespace the operator's, where leases are
   * @param startedAt when this agent started
   */
  public ApiReporter(
      KubernetesClient client,
      String namespace,
      StatusWriter writer,
      String version,
      Instant startedAt) {
    this.client = client;
    this.namespace = namespace;
    this.writer = writer;
    this.version = version;
    this.startedAt = startedAt;
  }

  @Override
  public void report(MeshNodeRef ref, NodeReport report, Instant now) {
    var status = new MeshNodeStatus();
    status.observedGeneration =
        report.observedGeneration() == 0 ? null : report.observedGeneration();
    status.appliedGeneration = report.appliedGeneration() == 0 ? null : report.appliedGeneration();
    var key = report.publicKey();
    status.publicKey = key == null ? null : key.toString();
    status.mtu = report.mtu() == 0 ? null : report.mtu();
    status.dataplane = new MeshNodeStatus.Dataplane();
    status.dataplane.version = version;
    status.dataplane.startedAt = text(startedAt);
    status.peers = new MeshNodeStatus.PeerCounts();
    status.peers.total = report.peersTotal();
    status.peers.connected = report.peersConnected();
    for (var problem : report.problems()) {
      var peer = new MeshNodeStatus.ProblemPeer();
      peer.name = problem.peer();
      peer.reason = problem.reason();
      peer.message = shortened(problem.message(), 512);
      status.problemPeers.add(peer);
    }
    var sections = report.sections();
    status.conditions =
        List.of(
            condition(ref, "DeviceReady", sections.device(), now),
            condition(ref, "PeersProgrammed", sections.peers(), now),
            condition(ref, "RoutesProgrammed", sections.routes(), now),
            condition(ref, "Ready", sections.summary(), now));

    var meshNode = new MeshNode();
    meshNode.setMetadata(new ObjectMetaBuilder().withName(ref.name()).build());
    withoutSpec(meshNode);
    meshNode.setStatus(status);
    writer.submit(
        "MeshNode " + ref.name(),
        () -> client.resource(meshNode).subresource("status").patch(apply()));
  }

  @Override
  public void report(MeshNodeRef ref, PeerReport report, Instant now) {
    var session = report.session();
    var connectivity = new PeerStatus.Connectivity();
    connectivity.state =
        switch (session.state()) {
          case CONNECTED -> PeerStatus.State.CONNECTED;
          case STALE -> PeerStatus.State.STALE;
          case NEVER -> PeerStatus.State.NEVER;
          case UNKNOWN -> PeerStatus.State.UNKNOWN;
        };
    connectivity.gateway = ref.node();
    connectivity.endpoint = session.endpoint();
    connectivity.since = text(report.since());
    var lastHandshake = session.lastHandshake();
    connectivity.lastHandshakeTime = lastHandshake == null ? null : text(lastHandshake);
    connectivity.observedAt = text(now);

    var status = new PeerStatus();
    status.connectivity = connectivity;
    status.conditions = List.of(connected(ref, report));
    var peer = new Peer();
    peer.setMetadata(
        new ObjectMetaBuilder()
            .withNamespace(report.peer().namespace())
            .withName(report.peer().name())
            .build());
    withoutSpec(peer);
    peer.setStatus(status);
    writer.submit(
        "Peer " + report.peer(), () -> client.resource(peer).subresource("status").patch(apply()));
  }

  @Override
  public void renewLease(GatewayNode gateway, Instant now) {
    var owners =
        gateway.uid().isEmpty()
            ? List.<OwnerReference>of()
            : List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName(gateway.name())
                    .withUid(gateway.uid())
                    .build());
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(
                ObjectNames.fitting("wiremesh-gateway-" + gateway.name(), ObjectNames.LONGEST_NAME))
            .addToLabels(
                "wiremesh.dev/gateway",
                ObjectNames.fitting(gateway.name(), ObjectNames.LONGEST_LABEL))
            .withOwnerReferences(owners)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(gateway.name())
            .withRenewTime(now.atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    writer.submit("Lease of this gateway", () -> client.resource(lease).patch(apply()));
  }

  private static Condition connected(MeshNodeRef ref, PeerReport report) {
    var builder =
        new ConditionBuilder()
            .withType("Connected")
            .withObservedGeneration(report.generation())
            .withLastTransitionTime(text(report.since()));
    var session = report.session();
    if (!session.obstacle().isEmpty()) {
      return builder
          .withStatus("False")
          .withReason(session.state() == Connectivity.NEVER ? "NeverConnected" : "HandshakeStale")
          .withMessage(shortened(session.obstacle(), 1024))
          .build();
    }
    return switch (session.state()) {
      case CONNECTED ->
          builder
              .withStatus("True")
              .withReason("HandshakeFresh")
              .withMessage("Gateway " + ref.node() + " holds a fresh session.")
              .build();
      case STALE ->
          builder
              .withStatus("False")
              .withReason("HandshakeStale")
              .withMessage(
                  "Gateway "
                      + ref.node()
                      + " has seen no handshake since "
                      + session.lastHandshake()
                      + ": the peer is off, or something between the two drops UDP.")
              .build();
      case NEVER ->
          builder
              .withStatus("False")
              .withReason("NeverConnected")
              .withMessage(
                  "Gateway "
                      + ref.node()
                      + " has never seen a handshake: use the peer's configuration, and check that"
                      + " its endpoint can be reached by UDP.")
              .build();
      case UNKNOWN ->
          builder
              .withStatus("Unknown")
              .withReason("Idle")
              .withMessage(
                  "Gateway "
                      + ref.node()
                      + " has seen no handshake for a while, and the peer sends no keepalives.")
              .build();
    };
  }

  private Condition condition(
      MeshNodeRef ref, String type, PlanConditions.Section section, Instant now) {
    var status = section.well() ? "True" : "False";
    var key = ref.name() + " " + type;
    var since = since(written.get(key), ref.conditions(), type, status, now);
    var condition =
        new ConditionBuilder()
            .withType(type)
            .withStatus(status)
            .withReason(section.reason())
            .withMessage(shortened(section.message(), 1024))
            .withObservedGeneration(ref.generation())
            .withLastTransitionTime(since)
            .build();
    written.put(key, condition);
    return condition;
  }

  /** A condition keeps its time for as long as its status stays, also across our restarts. */
  private static String since(
      @Nullable Condition before,
      List<ReportedCondition> reported,
      String type,
      String status,
      Instant now) {
    if (before != null) {
      return before.getStatus().equals(status) ? before.getLastTransitionTime() : text(now);
    }
    return reported.stream()
        .filter(one -> one.type().equals(type) && one.status().equals(status))
        .map(ReportedCondition::lastTransitionTime)
        .findFirst()
        .orElseGet(() -> text(now));
  }

  @SuppressWarnings("NullAway") // An apply of a status says nothing at all about the spec.
  private static void withoutSpec(CustomResource<?, ?> object) {
    object.setSpec(null);
  }

  private static PatchContext apply() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(FIELD_MANAGER)
        .withForce(true)
        .build();
  }

  private static String text(Instant instant) {
    return instant.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String shortened(String text, int most) {
    return text.length() <= most ? text : text.substring(0, most - 1) + "…";
  }
}
