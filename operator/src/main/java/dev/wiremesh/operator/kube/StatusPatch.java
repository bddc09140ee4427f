package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;

/**
 * Server-side apply of a primary's status; the next reconciliation sees the result, whether or not
 * the watch has reported it.
 *
 * <p>The utility of JOSDK 5.2 takes 422 for a conflict, although it is also the answer of an
 * admission policy that denies the write: it waits for another version, and then fails without the
 * API server's message.
 */
public final class StatusPatch {
  private StatusPatch() {}

  /**
   * The API server does not compare {@code metadata.uid} in an apply of a status: a write that is
   * late by a deletion and a creation reaches the new object, and the next reconciliation corrects
   * it.
   *
   * @param intent the name, and the fields of the status that the operator owns
   */
  public static <P extends HasMetadata> void apply(P primary, P intent, Context<P> context) {
    var written = context.getClient().resource(intent).subresource("status").patch(Patches.apply());
    context
        .eventSourceRetriever()
        .getControllerEventSource()
        .handleRecentResourceUpdate(ResourceID.fromResource(primary), written, primary);
  }
}
