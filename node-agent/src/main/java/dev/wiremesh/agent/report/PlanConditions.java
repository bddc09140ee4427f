package dev.wiremesh.agent.report;

import dev.wiremesh.agent.watch.LocalNetwork.ReportedCondition;
import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.contract.Reason;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The conditions of a MeshNode: how far the network's plan is applied on this node.
 *
 * @param unprovisioned the operator's condition Provisioned, where it is not True; null otherwise
 * @param device the interface and its keys
 * @param peers sessions that may be, and allowed IPs
 * @param routes addresses, MTU, routes and rules
 */
public record PlanConditions(
    @Nullable ConditionDraft unprovisioned,
    ConditionDraft device,
    ConditionDraft peers,
    ConditionDraft routes) {

  public PlanConditions(ConditionDraft device, ConditionDraft peers, ConditionDraft routes) {
    this(null, device, peers, routes);
  }

  /** Conditions as long as there is no plan. */
  public static PlanConditions waiting(String message) {
    return new PlanConditions(
        ConditionDraft.of(Reason.NODE_DEVICE_WAITING, message),
        ConditionDraft.of(Reason.NODE_PEERS_WAITING, message),
        ConditionDraft.of(Reason.NODE_ROUTES_WAITING, message));
  }

  /**
   * The same, with Ready also depending on the operator's condition Provisioned.
   *
   * @param reported the conditions of the MeshNode as the API has them
   */
  public PlanConditions after(List<ReportedCondition> reported) {
    return reported.stream()
        .filter(condition -> condition.type().equals(ConditionType.PROVISIONED.text()))
        .filter(condition -> condition.status().equals(ConditionStatus.FALSE.text()))
        .flatMap(condition -> draft(condition).stream())
        .findFirst()
        .map(draft -> new PlanConditions(draft, device, peers, routes))
        .orElse(this);
  }

  /** Empty for a reason that only a newer operator knows. */
  private static Optional<ConditionDraft> draft(ReportedCondition condition) {
    return Stream.of(Reason.values())
        .filter(reason ->
            reason.kind() == Reason.Kind.MESH_NODE
                && reason.type() == ConditionType.PROVISIONED
                && reason.text().equals(condition.reason()))
        .findFirst()
        .map(reason -> ConditionDraft.of(reason, condition.message()));
  }

  /** Whether every condition but the operator's is True. */
  public boolean allWell() {
    return parts().stream().allMatch(ConditionDraft::isTrue);
  }

  /**
   * The Ready condition. A route that was withdrawn is the matter of its Peer: the node does its
   * part, and is not to be counted as a broken one.
   */
  public ConditionDraft summary() {
    boolean withdrawn = routes.reason() == Reason.NODE_ROUTE_WITHDRAWN;
    return Conditions.summary(
        Stream.concat(Stream.ofNullable(unprovisioned), parts().stream())
            .filter(part -> part.reason() != Reason.NODE_ROUTE_WITHDRAWN)
            .toList(),
        ConditionDraft.of(
            Reason.NODE_READY,
            withdrawn
                ? "Device, peers and routes are as planned, but for routes of Peers that this node"
                    + " had to withdraw: see RoutesProgrammed."
                : "Device, peers and routes are as planned."));
  }

  /** All conditions of the MeshNode. */
  public List<ConditionDraft> all() {
    return List.of(device, peers, routes, summary());
  }

  private List<ConditionDraft> parts() {
    return List.of(device, peers, routes);
  }
}
