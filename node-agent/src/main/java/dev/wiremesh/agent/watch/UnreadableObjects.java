package dev.wiremesh.agent.watch;

import dev.wiremesh.api.json.MeshObject;
import dev.wiremesh.api.view.MeshViews;
import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Objects that this version cannot read and leaves out, by kind and name. Logged once each. Written
 * by the control thread; any thread may count.
 */
final class UnreadableObjects {
  private static final Logger log = LoggerFactory.getLogger(UnreadableObjects.class);

  private volatile Map<String, String> problems = Map.of();

  void refresh(WatchedObjects objects) {
    var now = new HashMap<String, String>();
    for (var kind : List.of(objects.networks(), objects.meshNodes(), objects.peers())) {
      add(kind, now);
    }
    var before = problems;
    now.forEach((name, problem) -> {
      if (!problem.equals(before.get(name))) {
        log.atWarn()
            .addKeyValue("object", name)
            .addKeyValue("problem", problem)
            .log("An object cannot be read and is left out");
      }
    });
    problems = Map.copyOf(now);
  }

  private static <T extends HasMetadata & MeshObject> void add(
      Collection<T> objects, Map<String, String> problems) {
    for (var object : objects) {
      MeshViews.unreadable(object).ifPresent(problem -> problems.put(name(object), problem));
    }
  }

  private static String name(HasMetadata object) {
    var namespace = object.getMetadata().getNamespace();
    return object.getKind()
        + " "
        + (namespace == null ? "" : namespace + "/")
        + object.getMetadata().getName();
  }

  /** Number of objects of a kind that are left out. */
  long count(String kind) {
    return problems.keySet().stream().filter(name -> name.startsWith(kind + " ")).count();
  }
}
