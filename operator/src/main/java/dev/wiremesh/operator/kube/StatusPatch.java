package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.function.Function;

/**
 * Server-side apply of a part of a primary's status, on condition that nothing has changed since
 * the part was computed. The next reconciliation sees the result, whether or not the watch has
 * reported it. Thread-safe.
 *
 * <p>The condition is {@code metadata.resourceVersion}: a write may be late by a deletion and a
 * creation under the same name, or by the writes of another leader, and the API server compares no
 * {@code metadata.uid} in an apply of a status. If only others' parts have changed, the write is
 * repeated on top of them.
 *
 * <p>The utility of JOSDK 5.2 takes 422 for a conflict, although it is also the answer of an
 * admission policy that denies the write: it waits for another version, and then fails without the
 * API server's message.
 */
public final class StatusPatch<P extends HasMetadata> {
  /** Others write the same object a few times a minute at most. */
  private static final int ATTEMPTS = 5;

  private final RequeueSource<P> requeues;
  private final PatchContext options;
  private final Function<P, Object> part;

  /**
   * @param requeues of the primary's controller, which is notified of each write
   * @param options of the patch, with the field manager
   * @param part the fields of an object's status that are written
   */
  public StatusPatch(RequeueSource<P> requeues, PatchContext options, Function<P, Object> part) {
    this.requeues = requeues;
    this.options = options;
    this.part = part;
  }

  /**
   * Writes the part. Does nothing if the primary is gone, or was made anew: the new object has an
   * event of its own.
   *
   * @param primary the object that the part was computed from; its resource version becomes that of
   *     the write
   * @param intent the name, and the part
   * @throws KubernetesClientException the API server's refusal; a conflict if another writer has
   *     changed the part
   */
  public void apply(P primary, P intent, Context<P> context) {
    for (int attempt = 1; ; attempt++) {
      intent.getMetadata().setResourceVersion(primary.getMetadata().getResourceVersion());
      try {
        written(primary, patch(intent, context), context);
        return;
      } catch (KubernetesClientException e) {
        if (!ApiErrors.isConflict(e) && !ApiErrors.isNotFound(e)) {
          throw e;
        }
        var now = context.getClient().resource(primary).get();
        if (now == null || !ResourceVersions.areOfOneObject(now, primary)) {
          return;
        }
        if (attempt == ATTEMPTS || !Json.same(part.apply(now), part.apply(primary))) {
          throw e;
        }
        primary.getMetadata().setResourceVersion(now.getMetadata().getResourceVersion());
      }
    }
  }

  private P patch(P intent, Context<P> context) {
    return context.getClient().resource(intent).subresource("status").patch(options);
  }

  private void written(P primary, P written, Context<P> context) {
    requeues.wrote(written);
    context
        .eventSourceRetriever()
        .getControllerEventSource()
        .handleRecentResourceUpdate(ResourceID.fromResource(primary), written, primary);
    primary.getMetadata().setResourceVersion(written.getMetadata().getResourceVersion());
  }
}
