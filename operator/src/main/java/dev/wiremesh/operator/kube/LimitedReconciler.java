package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.util.List;

/**
 * Base of the reconcilers: runs under the {@link WorkLimit} that all controllers share.
 *
 * <p>The framework starts each execution at once, on a virtual thread, and the limit is applied
 * here. With a queue in front of a thread pool a primary could leave the cache before its execution
 * starts, and JOSDK 5.2 then never executes that name again.
 */
public abstract class LimitedReconciler<P extends HasMetadata> implements Reconciler<P> {
  private final WorkLimit limit;
  private final RequeueSource<P> requeues;

  protected LimitedReconciler(WorkLimit limit, RequeueSource<P> requeues) {
    this.limit = limit;
    this.requeues = requeues;
  }

  public final RequeueSource<P> requeues() {
    return requeues;
  }

  @Override
  public List<EventSource<?, P>> prepareEventSources(EventSourceContext<P> context) {
    var primaries = context.getPrimaryCache();
    requeues.setPrimaries(id -> primaries.get(id).isPresent());
    return List.of(requeues);
  }

  @Override
  public final UpdateControl<P> reconcile(P primary, Context<P> context)
      throws InterruptedException {
    requeues.served(primary);
    return limit.run(requeues.name(), () -> reconcileUnlessGone(primary, context));
  }

  private UpdateControl<P> reconcileUnlessGone(P primary, Context<P> context) {
    try {
      return reconcileNow(primary, context);
    } catch (KubernetesClientException e) {
      // Deleted while it was reconciled; the deletion is an event of its own.
      if (ApiErrors.isNotFound(e) && isGone(primary, context)) {
        return UpdateControl.noUpdate();
      }
      throw e;
    }
  }

  private boolean isGone(P primary, Context<P> context) {
    return context.getClient().resource(primary).get() == null;
  }

  protected abstract UpdateControl<P> reconcileNow(P primary, Context<P> context);
}
