package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Event source that requeues a primary when another object has changed, and detects a controller
 * that is stuck by the requeues that it does not serve. Thread-safe.
 */
public final class RequeueSource<P extends HasMetadata> extends SimpleInboundEventSource<P> {
  private final StuckReconciliations stuck;
  private volatile @Nullable Predicate<ResourceID> primaries;

  public RequeueSource(String name, Clock clock) {
    super(name);
    this.stuck = new StuckReconciliations(clock);
  }

  public void requeue(HasMetadata primary) {
    requeue(ResourceID.fromResource(primary));
  }

  /** Requeues a primary of a cluster-scoped kind. */
  public void requeue(String name) {
    requeue(new ResourceID(name));
  }

  private void requeue(ResourceID primary) {
    // A controller reconciles every primary when it starts: requeues before that are not needed.
    if (isRunning()) {
      stuck.requeued(primary);
      propagateEvent(primary);
    }
  }

  /** Sets the test for whether a primary exists; until then nothing counts as stuck. */
  void setPrimaries(Predicate<ResourceID> exists) {
    primaries = exists;
  }

  /** Whether a primary exists; true as long as that is not known. */
  boolean isThere(ResourceID primary) {
    var exists = primaries;
    return exists == null || exists.test(primary);
  }

  void served(P primary) {
    stuck.served(ResourceID.fromResource(primary));
  }

  /** Forgets all requeues: to be called when this replica begins to lead. */
  public void reset() {
    stuck.reset();
  }

  /** A primary that exists and was requeued longer than this ago; empty if there is none. */
  public Optional<String> stuckLongerThan(Duration patience) {
    var exists = primaries;
    return exists == null
        ? Optional.empty()
        : stuck.longerThan(patience, exists).map(primary -> name() + ": " + primary);
  }
}
