package dev.wiremesh.operator.kube;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.javaoperatorsdk.operator.processing.event.ResourceID;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The objects of one kind whose last reconciliation failed. Thread-safe. */
final class FailingObjects {
  private final Set<ResourceID> failing = ConcurrentHashMap.newKeySet();

  void failed(HasMetadata primary) {
    failing.add(ResourceID.fromResource(primary));
  }

  void succeeded(HasMetadata primary) {
    failing.remove(ResourceID.fromResource(primary));
  }

  /**
   * @param exists whether an object exists: one that is gone does not fail
   */
  int count(Predicate<ResourceID> exists) {
    failing.removeIf(primary -> !exists.test(primary));
    return failing.size();
  }

  void reset() {
    failing.clear();
  }
}
