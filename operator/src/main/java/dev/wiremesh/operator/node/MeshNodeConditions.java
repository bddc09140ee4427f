package dev.wiremesh.operator.node;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.Reason;
import java.util.List;

/** The operator's condition of a MeshNode; the others are its agent's. */
final class MeshNodeConditions {
  private MeshNodeConditions() {}

  /**
   * @param addressProblems why the node has no address of a family, whole sentences; empty if none
   */
  static List<ConditionDraft> of(String addressProblems) {
    return List.of(
        addressProblems.isEmpty()
            ? ConditionDraft.of(Reason.NODE_PROVISIONED, "The node has its key and its addresses.")
            : ConditionDraft.of(Reason.NODE_POOL_EXHAUSTED, addressProblems));
  }
}
