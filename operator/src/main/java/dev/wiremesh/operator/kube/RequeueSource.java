package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.Event;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import io.javaoperatorsdk.operator.processing.event.source.AbstractEventSource;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Has a controller look at an object because something else has changed, and remembers who waits
 * for that: an object that is never looked at again is how a wedged controller shows. Thread-safe.
 */
public final class RequeueSource<P extends HasMetadata> extends AbstractEventSource<Void, P> {
  private final Clock clock;
  private final Map<ResourceID, Instant> waiting = new ConcurrentHashMap<>();
  private volatile @Nullable Predicate<ResourceID> isThere;

  public RequeueSource(String name, Clock clock) {
    super(Void.class, name);
    this.clock = clock;
  }

  public void of(HasMetadata object) {
    nudge(ResourceID.fromResource(object));
  }

  public void of(String name) {
    nudge(new ResourceID(name));
  }

  private void nudge(ResourceID id) {
    // Before the controller runs there is nobody to tell, and at its start it looks at everything.
    if (isRunning()) {
      waiting.putIfAbsent(id, clock.instant());
      getEventHandler().handleEvent(new Event(id));
    }
  }

  /** How to tell whether an object is there still: nobody waits for one that is gone. */
  void knows(Predicate<ResourceID> primaries) {
    isThere = primaries;
  }

  void lookedAt(P primary) {
    waiting.remove(ResourceID.fromResource(primary));
  }

  /** As if nobody had waited until now: this replica works only from now on. */
  public void beginAnew() {
    waiting.clear();
  }

  /** An object that is there and has waited for longer than this; empty if there is none. */
  public Optional<String> waitingLongerThan(Duration patience) {
    var primaries = isThere;
    if (primaries == null) {
      return Optional.empty();
    }
    waiting.keySet().removeIf(id -> !primaries.test(id));
    var latest = clock.instant().minus(patience);
    return waiting.entrySet().stream()
        .filter(entry -> entry.getValue().isBefore(latest))
        .map(entry -> name() + ": " + entry.getKey())
        .findFirst();
  }

  @Override
  public Set<Void> getSecondaryResources(P primary) {
    return Set.of();
  }
}
