package dev.wiremesh.agent.report;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.Reason;
import java.util.List;

/**
 * The conditions of a MeshNode: how far the network's plan is applied on this node.
 *
 * @param device the interface and its keys
 * @param peers sessions that may be, and allowed IPs
 * @param routes addresses, MTU, routes and rules
 */
public record PlanConditions(ConditionDraft device, ConditionDraft peers, ConditionDraft routes) {

  /** Conditions as long as there is no plan. */
  public static PlanConditions waiting(String message) {
    return new PlanConditions(
        ConditionDraft.of(Reason.NODE_DEVICE_WAITING, message),
        ConditionDraft.of(Reason.NODE_PEERS_WAITING, message),
        ConditionDraft.of(Reason.NODE_ROUTES_WAITING, message));
  }

  public boolean allWell() {
    return parts().stream().allMatch(ConditionDraft::isTrue);
  }

  /** The Ready condition. */
  public ConditionDraft summary() {
    return Conditions.summary(
        parts(), ConditionDraft.of(Reason.NODE_READY, "Device, peers and routes are as planned."));
  }

  /** All conditions of the MeshNode. */
  public List<ConditionDraft> all() {
    return List.of(device, peers, routes, summary());
  }

  private List<ConditionDraft> parts() {
    return List.of(device, peers, routes);
  }
}
