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
 * A reconciler of which only so many run at a time, over all controllers.
 *
 * <p>The framework gets a virtual thread for each execution at once instead of a queue before a
 * pool: it looks for the primary when an execution starts, and one that is not in its cache any
 * more leaves that name blocked for good (JOSDK 5.2). So executions start at once and wait here.
 */
public abstract class LimitedReconciler<P extends HasMetadata> implements Reconciler<P> {
  private final WorkLimit limit;
  private final RequeueSource<P> nudges;

  protected LimitedReconciler(WorkLimit limit, RequeueSource<P> nudges) {
    this.limit = limit;
    this.nudges = nudges;
  }

  /** Where others say that an object should be looked at. */
  public final RequeueSource<P> nudges() {
    return nudges;
  }

  @Override
  public List<EventSource<?, P>> prepareEventSources(EventSourceContext<P> context) {
    var primaries = context.getPrimaryCache();
    nudges.knows(id -> primaries.get(id).isPresent());
    return List.of(nudges);
  }

  @Override
  public final UpdateControl<P> reconcile(P primary, Context<P> context)
      throws InterruptedException {
    nudges.lookedAt(primary);
    return limit.run(nudges.name(), () -> reconcileUnlessGone(primary, context));
  }

  private UpdateControl<P> reconcileUnlessGone(P primary, Context<P> context) {
    try {
      return reconcileNow(primary, context);
    } catch (KubernetesClientException e) {
      // Gone in the meantime: what has to be said about that, its deletion says.
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
