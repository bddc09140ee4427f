package dev.wiremesh.operator.state;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Informer of one kind of object with indexes: the objects as the API server last reported them.
 * One informer; its thread calls the listeners, any thread may read.
 */
public final class IndexedInformer<T extends HasMetadata> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(IndexedInformer.class);

  private final SharedIndexInformer<T> informer;
  private final List<Listener<T>> listeners = new CopyOnWriteArrayList<>();
  private final Clock clock;
  private volatile Instant lastEvent;

  /** Is called for changes; not for resyncs that change nothing. */
  @FunctionalInterface
  public interface Listener<T> {
    /**
     * Called after the change is visible to readers.
     *
     * @param before null when the object is new
     * @param after null when the object is gone
     */
    void changed(@Nullable T before, @Nullable T after);
  }

  IndexedInformer(
      SharedIndexInformer<T> informer,
      Map<String, Function<T, List<String>>> indexes,
      Clock clock) {
    this.informer = informer;
    this.clock = clock;
    this.lastEvent = clock.instant();
    informer.addIndexers(indexes);
    // For as long as it takes: an API server that is away is no reason to end.
    informer.exceptionHandler((started, failure) -> {
      LOG.atWarn()
          .addKeyValue("kind", informer.getApiTypeClass().getSimpleName())
          .addKeyValue("why", failure.getMessage())
          .log("Watch failed, retrying");
      return true;
    });
    informer.addEventHandler(new Handler());
  }

  CompletionStage<Void> start() {
    return informer.start();
  }

  public void listen(Listener<T> listener) {
    listeners.add(listener);
  }

  public Optional<T> get(String name) {
    return Optional.ofNullable(informer.getStore().getByKey(name));
  }

  public Optional<T> get(String namespace, String name) {
    return get(namespace + "/" + name);
  }

  public Collection<T> all() {
    return List.copyOf(informer.getStore().list());
  }

  /** Objects under a value of an index, ordered by namespace and name. */
  public List<T> by(String index, String value) {
    var found = new ArrayList<>(informer.getIndexer().byIndex(index, value));
    found.sort(
        java.util.Comparator.comparing(
            it -> it.getMetadata().getNamespace() + "/" + it.getMetadata().getName()));
    return found;
  }

  public boolean hasSynced() {
    return informer.hasSynced();
  }

  /** Whether the watch is established. */
  public boolean isWatching() {
    return informer.isWatching();
  }

  public Instant lastEvent() {
    return lastEvent;
  }

  @Override
  public void close() {
    informer.close();
  }

  @Override
  public String toString() {
    return informer.getStore().list().stream()
        .map(it -> it.getMetadata().getName())
        .collect(Collectors.joining(", "));
  }

  private void notifyListeners(@Nullable T before, @Nullable T after) {
    lastEvent = clock.instant();
    listeners.forEach(listener -> listener.changed(before, after));
  }

  private final class Handler implements ResourceEventHandler<T> {
    @Override
    public void onAdd(T object) {
      notifyListeners(null, object);
    }

    @Override
    public void onUpdate(T before, T after) {
      if (!before
          .getMetadata()
          .getResourceVersion()
          .equals(after.getMetadata().getResourceVersion())) {
        notifyListeners(before, after);
      }
    }

    @Override
    public void onDelete(T object, boolean unknownFinalState) {
      notifyListeners(object, null);
    }
  }
}
