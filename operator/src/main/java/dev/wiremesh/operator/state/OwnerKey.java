package dev.wiremesh.operator.state;

import dev.wiremesh.api.v1alpha1.IPAllocationSpec;
import dev.wiremesh.api.v1alpha1.IPAllocationSpec.OwnerKind;
import org.jspecify.annotations.Nullable;

/** The index key of an address's owner. */
public final class OwnerKey {
  private OwnerKey() {}

  public static String of(IPAllocationSpec.Owner owner) {
    return of(owner.kind, owner.namespace, owner.name);
  }

  public static String of(OwnerKind kind, @Nullable String namespace, String name) {
    return kind + ":" + (namespace == null ? "" : namespace) + "/" + name;
  }
}
