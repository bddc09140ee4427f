package dev.wiremesh.agent.report;

import dev.wiremesh.agent.watch.LocalNetwork.MeshNodeRef;
import dev.wiremesh.agent.watch.LocalNetwork.ReportedCondition;
import dev.wiremesh.agent.watch.LocalNetworks.LeaseHolder;
import dev.wiremesh.api.ObjectNames;
import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.FieldManagers;
import dev.wiremesh.api.contract.Labels;
import dev.wiremesh.api.contract.LeaseNames;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeStatus;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
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

/**
 * Writes statuses and Leases by server-side apply under the agents' field manager, with the agent's
 * own fields alone, so that other writers of the same status keep theirs. Owned by the control
 * thread; {@link StatusWriter} sends.
 */
public final class ApiReporter implements Reporter {
  private final KubernetesClient client;
  private final String namespace;
  private final StatusWriter writer;
  private final StatusWriter leaseWriter;
  private final String version;
  private final Instant startedAt;

  /** The conditions that this agent wrote last, by the name of the MeshNode. */
  private final Map<String, List<Condition>> written = new HashMap<>();

  /**
   * @param namespace of the operator and the Leases
   * @param leaseWriter apart from the other one, so that no status delays a Lease
   * @param startedAt when this agent started
   */
  public ApiReporter(
      KubernetesClient client,
      String namespace,
      StatusWriter writer,
      StatusWriter leaseWriter,
      String version,
      Instant startedAt) {
    this.client = client;
    this.namespace = namespace;
    this.writer = writer;
    this.leaseWriter = leaseWriter;
    this.version = version;
    this.startedAt = startedAt;
  }

  @Override
  public void report(MeshNodeRef ref, NodeReport report, Instant now) {
    var status = new MeshNodeStatus();
    var generations = report.generations();
    status.observedGeneration = generations.observed() == 0 ? null : generations.observed();
    status.appliedGeneration = generations.applied() == 0 ? null : generations.applied();
    var key = report.publicKey();
    status.publicKey = key == null ? null : key.toString();
    status.mtu = report.mtu() == 0 ? null : report.mtu();
    status.resolvers = report.resolvers().stream().map(IpAddress::toString).toList();
    status.dataplane = new MeshNodeStatus.Dataplane();
    status.dataplane.version = version;
    status.dataplane.startedAt = text(startedAt);
    status.peers = new MeshNodeStatus.PeerCounts();
    status.peers.total = report.peers().total();
    status.peers.connected = report.peers().connected();
    for (var problem : report.peers().problems()) {
      var peer = new MeshNodeStatus.ProblemPeer();
      peer.name = problem.peer();
      peer.reason = problem.reason();
      peer.message = shortened(problem.message(), 512);
      status.problemPeers.add(peer);
    }
    status.conditions = conditions(ref, report.sections(), now);

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
    connectivity.activeRoutes =
        session.activeRoutes().stream().sorted().map(IpPrefix::toString).toList();

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
  public void renewLease(LeaseHolder holder, Instant now) {
    var owners =
        holder.uid().isEmpty()
            ? List.<OwnerReference>of()
            : List.of(
                new OwnerReferenceBuilder()
                    .withApiVersion("v1")
                    .withKind("Node")
                    .withName(holder.name())
                    .withUid(holder.uid())
                    .build());
    var lease =
        new LeaseBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(LeaseNames.agent(holder.name()))
            .addToLabels(
                Labels.GATEWAY, ObjectNames.fitting(holder.name(), ObjectNames.LONGEST_LABEL))
            .withOwnerReferences(owners)
            .endMetadata()
            .withNewSpec()
            .withHolderIdentity(holder.name())
            .withRenewTime(now.atZone(ZoneOffset.UTC))
            .endSpec()
            .build();
    leaseWriter.submit("Lease of this node", () -> client.resource(lease).patch(apply()));
  }

  private static Condition connected(MeshNodeRef ref, PeerReport report) {
    return connected(ref.node(), report.session()).since(report.since(), report.generation());
  }

  private static ConditionDraft connected(String gateway, PeerReport.ObservedSession session) {
    if (!session.obstacle().isEmpty()) {
      return ConditionDraft.of(
          session.state() == Connectivity.NEVER
              ? Reason.PEER_NEVER_CONNECTED
              : Reason.PEER_HANDSHAKE_STALE,
          session.obstacle());
    }
    return switch (session.state()) {
      case CONNECTED ->
          ConditionDraft.of(
              Reason.PEER_HANDSHAKE_FRESH, "Gateway " + gateway + " holds a fresh session.");
      case STALE ->
          ConditionDraft.of(
              Reason.PEER_HANDSHAKE_STALE,
              "Gateway "
                  + gateway
                  + " has seen no handshake since "
                  + session.lastHandshake()
                  + ": the peer is off, or something between the two drops UDP.");
      case NEVER ->
          ConditionDraft.of(
              Reason.PEER_NEVER_CONNECTED,
              "Gateway "
                  + gateway
                  + " has never seen a handshake: use the peer's configuration, and check that"
                  + " its endpoint can be reached by UDP.");
      case UNKNOWN ->
          ConditionDraft.of(
              Reason.PEER_IDLE,
              "Gateway "
                  + gateway
                  + " has seen no handshake for a while, and the peer sends no keepalives.");
    };
  }

  /** Transition times outlive this process: an earlier agent's are those that the API has. */
  private List<Condition> conditions(MeshNodeRef ref, PlanConditions plan, Instant now) {
    var before =
        written.getOrDefault(
            ref.name(), ref.conditions().stream().map(ApiReporter::condition).toList());
    var conditions = Conditions.of(plan.all(), before, ref.generation(), now);
    written.put(ref.name(), conditions);
    return conditions;
  }

  private static Condition condition(ReportedCondition reported) {
    return new ConditionBuilder()
        .withType(reported.type())
        .withStatus(reported.status())
        .withReason(reported.reason())
        .withLastTransitionTime(reported.lastTransitionTime())
        .build();
  }

  @SuppressWarnings("NullAway") // A status is applied without the spec.
  private static void withoutSpec(CustomResource<?, ?> object) {
    object.setSpec(null);
  }

  private static PatchContext apply() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(FieldManagers.AGENT)
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
