package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.javaoperatorsdk.operator.api.reconciler.Context;
import io.javaoperatorsdk.operator.api.reconciler.EventSourceContext;
import io.javaoperatorsdk.operator.api.reconciler.Reconciler;
import io.javaoperatorsdk.operator.api.reconciler.UpdateControl;
import io.javaoperatorsdk.operator.processing.event.source.EventSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Base of the reconcilers: runs under the {@link WorkLimit} that all controllers share.
 *
 * <p>No failure is silent: an exception becomes a condition of the primary, and the framework
 * retries. Other primaries go on.
 *
 * <p>The framework starts each execution at once, on a virtual thread, and the limit is applied
 * here. With a queue in front of a thread pool a primary could leave the cache before its execution
 * starts, and JOSDK 5.2 then never executes that name again.
 */
public abstract class LimitedReconciler<P extends HasMetadata> implements Reconciler<P> {
  private final WorkLimit limit;
  private final RequeueSource<P> requeues;
  private final Function<P, Optional<P>> watched;
  private final FailingObjects failing = new FailingObjects();

  /**
   * @param watched the object under a primary's name in the cache whose events requeue, which may
   *     be ahead of the framework's cache
   */
  protected LimitedReconciler(
      WorkLimit limit, RequeueSource<P> requeues, Function<P, Optional<P>> watched) {
    this.limit = limit;
    this.requeues = requeues;
    this.watched = watched;
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
    return limit.run(requeues.name(), () -> contained(newest(primary, context), context));
  }

  /**
   * The newer one of two caches' objects. An event of the one requeues a primary that the other may
   * have an old version of; a reconciliation of the old version could find nothing to do, and no
   * event would follow.
   */
  private P newest(P primary, Context<P> context) {
    return watched
        .apply(primary)
        .filter(seen -> ResourceVersions.of(seen) > ResourceVersions.of(primary))
        .map(seen ->
            context
                .getControllerConfiguration()
                .getConfigurationService()
                .getResourceCloner()
                .clone(seen))
        .orElse(primary);
  }

  /**
   * Requeues a primary that another one has replaced under its name, or whose status another
   * process has written: neither counts as a change for the framework, which compares generations.
   */
  protected final void primaryChanged(@Nullable P before, @Nullable P after) {
    if (after == null) {
      if (before != null) {
        requeues.forget(before);
      }
    } else if (before != null
        && (!ResourceVersions.areOfOneObject(before, after)
            || !requeues.isOwnWrite(after)
                && !Json.same(operatorsPart(before), operatorsPart(after)))) {
      requeues.requeue(after);
    }
  }

  /** The fields of a primary's status that only the operator writes. */
  protected abstract Object operatorsPart(P primary);

  /** The number of objects whose last reconciliation failed. */
  public final int failing() {
    return failing.count(requeues::isThere);
  }

  /** Forgets failures and requeues: to be called when this replica begins to lead. */
  public final void reset() {
    requeues.reset();
    failing.reset();
  }

  private UpdateControl<P> contained(P primary, Context<P> context) {
    try {
      var control = reconcileNow(primary, context);
      failing.succeeded(primary);
      return control;
    } catch (KubernetesClientException e) {
      // Deleted while it was reconciled; the deletion is an event of its own.
      if (ApiErrors.isNotFound(e) && isGone(primary, context)) {
        return UpdateControl.noUpdate();
      }
      throw failed(primary, e, context);
    } catch (ReportedFailureException e) {
      failing.failed(primary);
      throw e;
    } catch (OutOfMemoryError e) {
      throw e;
    } catch (RuntimeException e) {
      throw failed(primary, e, context);
    } catch (Error e) {
      // The framework contains exceptions only, and never executes this primary again otherwise.
      throw failed(primary, new IllegalStateException(e.toString(), e), context);
    }
  }

  private RuntimeException failed(P primary, RuntimeException thrown, Context<P> context) {
    failing.failed(primary);
    if (Failure.isTold(thrown, context)) {
      try {
        reportFailure(primary, Failure.of(thrown), context);
      } catch (RuntimeException e) {
        thrown.addSuppressed(e);
      }
    }
    return thrown;
  }

  private boolean isGone(P primary, Context<P> context) {
    return context.getClient().resource(primary).get() == null;
  }

  protected abstract UpdateControl<P> reconcileNow(P primary, Context<P> context);

  /**
   * Writes a failure into the primary's conditions; the rest of its status stays.
   *
   * @throws RuntimeException if the status cannot be written
   */
  protected abstract void reportFailure(P primary, Failure failure, Context<P> context);
}
