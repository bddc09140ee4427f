package dev.wiremesh.operator.kube;

import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/**
 * The requeues of one controller that were not served yet. A requeue that is never served shows
 * that the controller is stuck. Thread-safe.
 */
final class StuckReconciliations {
  private final Clock clock;

  /** When each primary was first requeued since it was served last. */
  private final Map<ResourceID, Instant> requeued = new ConcurrentHashMap<>();

  StuckReconciliations(Clock clock) {
    this.clock = clock;
  }

  void requeued(ResourceID primary) {
    requeued.putIfAbsent(primary, clock.instant());
  }

  void served(ResourceID primary) {
    requeued.remove(primary);
  }

  void reset() {
    requeued.clear();
  }

  /**
   * A primary that has waited for longer than this; empty if there is none.
   *
   * @param exists whether a primary exists: one that is gone is not waited for
   */
  Optional<ResourceID> longerThan(Duration patience, Predicate<ResourceID> exists) {
    requeued.keySet().removeIf(primary -> !exists.test(primary));
    var latest = clock.instant().minus(patience);
    return requeued.entrySet().stream()
        .filter(entry -> entry.getValue().isBefore(latest))
        .map(Map.Entry::getKey)
        .findFirst();
  }
}
