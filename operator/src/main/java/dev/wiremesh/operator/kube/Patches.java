package dev.wiremesh.operator.kube;

import dev.wiremesh.api.contract.FieldManagers;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/** Options of the operator's patches: kind of patch and field manager. */
public final class Patches {
  private Patches() {}

  /** Server-side apply of all fields that the operator owns in the object. */
  public static PatchContext apply() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(FieldManagers.OPERATOR)
        .withForce(true)
        .build();
  }

  /** Server-side apply for an agent that is silent: its next apply takes the fields back. */
  public static PatchContext applyForAgents() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(FieldManagers.OPERATOR_FOR_GATEWAYS)
        .withForce(true)
        .build();
  }

  /** JSON merge patch: fields that it does not name stay as they are. */
  public static PatchContext merge() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.JSON_MERGE)
        .withFieldManager(FieldManagers.OPERATOR)
        .build();
  }
}
