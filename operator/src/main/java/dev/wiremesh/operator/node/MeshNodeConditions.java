package dev.wiremesh.operator.node;

import dev.wiremesh.api.conditions.ConditionDraft;
import dev.wiremesh.api.contract.Reason;
import dev.wiremesh.core.ipam.AddressChoice;
import dev.wiremesh.operator.ipam.OwnerAddresses;

/** The operator's condition Provisioned of a MeshNode. */
final class MeshNodeConditions {
  private MeshNodeConditions() {}

  static ConditionDraft provisioned(OwnerAddresses addresses) {
    return addresses.problems().stream()
        .findFirst()
        .map(problem -> ConditionDraft.of(reason(problem), addresses.problem()))
        .orElseGet(() ->
            ConditionDraft.of(Reason.NODE_PROVISIONED, "The node has its key and its addresses."));
  }

  private static Reason reason(AddressChoice problem) {
    return switch (problem) {
      case AddressChoice.AddressInUse _ -> Reason.NODE_ADDRESS_IN_USE;
      case AddressChoice.AddressOutOfRange _, AddressChoice.AddressReserved _ ->
          Reason.NODE_ADDRESS_OUT_OF_RANGE;
      case AddressChoice.PoolExhausted _ -> Reason.NODE_POOL_EXHAUSTED;
      case AddressChoice.Chosen _ -> Reason.NODE_PROVISIONED;
    };
  }
}
