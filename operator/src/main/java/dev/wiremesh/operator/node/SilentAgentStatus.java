package dev.wiremesh.operator.node;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.EventReason;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.MeshNodeStatus;
import dev.wiremesh.operator.kube.Events;
import dev.wiremesh.operator.kube.Patches;
import dev.wiremesh.operator.kube.RequeueSource;
import dev.wiremesh.operator.kube.StatusPatch;
import dev.wiremesh.operator.state.AgentLeases;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import java.time.temporal.ChronoUnit;

/**
 * Sets a MeshNode's Ready condition to Unknown while the node's agent is silent, under a field
 * manager of its own: the agent's next apply takes the condition back. The other conditions stay as
 * the agent reported them last, and no plan depends on Ready: the data plane is not touched.
 */
final class SilentAgentStatus {
  private final StatusPatch<MeshNode> patch;
  private final AgentLeases leases;
  private final Events events;
  private final String namespace;

  /**
   * @param namespace of the agents' pods
   */
  SilentAgentStatus(
      RequeueSource<MeshNode> requeues, AgentLeases leases, Events events, String namespace) {
    this.patch =
        new StatusPatch<>(
            requeues,
            Patches.applyForAgents(),
            node ->
                Conditions.find(node.getStatus().conditions, ConditionType.READY).stream()
                    .toList());
    this.leases = leases;
    this.events = events;
    this.namespace = namespace;
  }

  void update(MeshNode meshNode, Context<MeshNode> context) {
    var node = meshNode.getSpec().nodeName;
    var since = leases.silentSince(node);
    if (since.isEmpty() || isWritten(meshNode) || leases.isBack(node)) {
      return;
    }
    var start = since.get().truncatedTo(ChronoUnit.SECONDS);
    var message =
        "The agent of node "
            + node
            + (leases.hasLease(node)
                ? " has been silent since " + start + "; packets may still flow by its last plan."
                : " has not reported since " + start + ", when the node was first seen here.")
            + " See whether node "
            + node
            + " and its wiremesh-agent pod run and reach the API server: kubectl -n "
            + namespace
            + " get pods -o wide --field-selector spec.nodeName="
            + node
            + ".";
    var status = new MeshNodeStatus();
    status.conditions.add(
        ConditionDraft.of(Reason.NODE_AGENT_SILENT, message)
            .since(start, meshNode.getMetadata().getGeneration()));
    patch.apply(meshNode, MeshNodes.status(meshNode, status), context);
    events.write(meshNode, EventReason.AGENT_SILENT, message);
  }

  private static boolean isWritten(MeshNode meshNode) {
    return Conditions.find(meshNode.getStatus().conditions, ConditionType.READY)
        .filter(AgentLeases::saysSilent)
        .isPresent();
  }
}
