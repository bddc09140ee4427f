package dev.wiremesh.agent.watch;

import dev.wiremesh.api.json.MeshObject;
import dev.wiremesh.api.view.MeshViews;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Views of API objects by network, each read once: the informer's store holds the same instance
 * until the object changes. Objects that are being deleted are left out, and those that cannot be
 * read are left out. Owned by the control thread.
 *
 * @param <T> the API object
 * @param <V> its view
 */
final class ViewCache<T extends HasMetadata & MeshObject, V> {
  private final Function<T, String> networkOf;
  private final Function<T, V> read;
  private Map<T, V> views = new IdentityHashMap<>();
  private Map<String, List<V>> byNetwork = Map.of();

  ViewCache(Function<T, String> networkOf, Function<T, V> read) {
    this.networkOf = networkOf;
    this.read = read;
  }

  void refresh(Collection<T> objects) {
    var now = new IdentityHashMap<T, V>();
    var grouped = new HashMap<String, List<V>>();
    for (var object : objects) {
      if (object.getMetadata().getDeletionTimestamp() == null
          && MeshViews.unreadable(object).isEmpty()) {
        var known = views.get(object);
        var view = known != null ? known : read.apply(object);
        now.put(object, view);
        grouped.computeIfAbsent(networkOf.apply(object), name -> new ArrayList<>()).add(view);
      }
    }
    views = now;
    byNetwork = grouped;
  }

  List<V> of(String network) {
    return byNetwork.getOrDefault(network, List.of());
  }
}
