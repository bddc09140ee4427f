package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;

/** Under which name the operator writes. */
public final class FieldManagers {
  public static final String OPERATOR = "wiremesh-operator";

  private static final String FOR_GATEWAYS = "wiremesh-operator-for-gateways";

  private FieldManagers() {}

  /** Server-side apply: what is sent is all that the operator has to say about the object. */
  public static PatchContext apply() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(OPERATOR)
        .withForce(true)
        .build();
  }

  /** What is said in a lost gateway's place: its own next apply takes the fields back. */
  public static PatchContext applyForGateways() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.SERVER_SIDE_APPLY)
        .withFieldManager(FOR_GATEWAYS)
        .withForce(true)
        .build();
  }

  /** A merge patch: only what is named changes. */
  public static PatchContext merge() {
    return new PatchContext.Builder()
        .withPatchType(PatchType.JSON_MERGE)
        .withFieldManager(OPERATOR)
        .build();
  }
}
