package dev.wiremesh.operator.state;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store that hands each new version of an object to its readers and keeps nothing, so
 * that the memory does not grow with the cluster. The readers have had every object of the first
 * list when the informer has started. Thread-safe.
 */
final class DiscardingStore<T extends HasMetadata> extends BasicItemStore<T> {
  private final List<Consumer<T>> readers = new CopyOnWriteArrayList<>();

  DiscardingStore() {
    super(Cache::metaNamespaceKeyFunc);
  }

  void read(Consumer<T> reader) {
    readers.add(reader);
  }

  @Override
  public @Nullable T put(String key, T object) {
    readers.forEach(reader -> reader.accept(object));
    return null;
  }
}
