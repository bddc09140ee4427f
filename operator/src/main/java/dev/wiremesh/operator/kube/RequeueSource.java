package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.inbound.SimpleInboundEventSource;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Event source that requeues a primary when another object has changed, and detects a controller
 * that is stuck by the requeues that it does not serve. Thread-safe.
 */
public final class RequeueSource<P extends HasMetadata> extends SimpleInboundEventSource<P> {
  private final StuckReconciliations stuck;
  private volatile @Nullable Predicate<ResourceID> primaries;

  /** The version that this process wrote last, of each primary. */
  private final Map<ResourceID, String> written = new ConcurrentHashMap<>();

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

  /** Requeues a primary of a namespaced kind, which the caches of other kinds may not have yet. */
  public void requeue(String namespace, String name) {
    requeue(new ResourceID(name, namespace));
  }

  /** Notes a version of a primary that this process wrote. */
  void wrote(P primary) {
    written.put(ResourceID.fromResource(primary), primary.getMetadata().getResourceVersion());
  }

  /** Whether this process wrote this version of a primary. */
  boolean isOwnWrite(P primary) {
    return primary
        .getMetadata()
        .getResourceVersion()
        .equals(written.get(ResourceID.fromResource(primary)));
  }

  /** To be called for a primary that is gone. */
  void forget(P primary) {
    written.remove(ResourceID.fromResource(primary));
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
