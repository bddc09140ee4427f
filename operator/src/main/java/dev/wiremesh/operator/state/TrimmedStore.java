package dev.wiremesh.operator.state;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.BasicItemStore;
import io.fabric8.kubernetes.client.informers.cache.Cache;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * An informer's store of objects of which only a part is needed: each is trimmed on arrival, so
 * that the annotations of other programs' objects do not fill the heap. Thread-safe.
 */
final class TrimmedStore<T extends HasMetadata> extends BasicItemStore<T> {
  private final UnaryOperator<T> trim;

  TrimmedStore(UnaryOperator<T> trim) {
    super(Cache::metaNamespaceKeyFunc);
    this.trim = trim;
  }

  @Override
  public @Nullable T put(String key, T object) {
    return super.put(key, trim.apply(object));
  }
}
