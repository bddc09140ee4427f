package dev.wiremesh.operator.install;

import dev.wiremesh.api.UninstallRequest;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.OwnerReference;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.dsl.Resource;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The ConfigMap of one uninstallation: made to ask for the check, changed to ask for the cleanup,
 * and withdrawn at the end. Another uninstallation's ConfigMap, which has another uid, is left
 * alone.
 *
 * <p>Thread-safe: a shutdown hook withdraws a request that is being made.
 */
final class UninstallMark {
  private final KubernetesClient client;
  private final String namespace;
  private final Optional<OwnerReference> owner;

  /** Held while the mark is written. */
  private final ReentrantLock lock = new ReentrantLock();

  // Written under the lock.
  private volatile @Nullable String uid;
  private boolean cleaning;
  private boolean complete;
  private boolean withdrawn;

  /**
   * @param owner with which the ConfigMap is deleted, if this program cannot withdraw it
   */
  UninstallMark(KubernetesClient client, String namespace, Optional<OwnerReference> owner) {
    this.client = client;
    this.namespace = namespace;
    this.owner = owner;
  }

  /** Writes and deletes nothing; throws what the API server answers to the same requests. */
  void tryWrites() {
    var present = resource().get();
    var _ = apply(null, UninstallRequest.checkingUntil(Clock.systemUTC().instant()), true);
    if (present != null) {
      var _ = resource().dryRun().delete();
    }
  }

  /** A ConfigMap that is being deleted and that finalizers keep. */
  Optional<String> obstacle() {
    return Optional.ofNullable(resource().get())
        .map(ConfigMap::getMetadata)
        .filter(meta -> meta.getDeletionTimestamp() != null && !meta.getFinalizers().isEmpty())
        .map(meta ->
            "ConfigMap "
                + UninstallRequest.NAME
                + " is being deleted and kept by its finalizers "
                + meta.getFinalizers()
                + ": remove them");
  }

  /** Makes it anew: lines in an older one are of agents that may have started again since. */
  void askForCheck(Duration patience) {
    lock.lock();
    try {
      if (!withdrawn) {
        resource().delete();
        uid = apply(null, UninstallRequest.checkingUntil(in(patience)), false);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Asks the agents to clean. Not after {@link #withdraw}. */
  void askToClean(Duration patience) {
    lock.lock();
    try {
      var mine = uid;
      if (mine != null) {
        // Before the request: one without an answer may have been executed.
        cleaning = true;
        var _ = apply(mine, UninstallRequest.askingUntil(in(patience)), false);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Notes that all nodes are clean: the request is not to be cancelled. */
  void complete() {
    lock.lock();
    try {
      complete = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Deletes the ConfigMap; once agents were asked to clean, and not all did, it is changed to a
   * cancellation, which stays, so that no agent misses it.
   *
   * @throws KubernetesClientException if it may be left
   */
  void withdraw() {
    lock.lock();
    try {
      var mine = uid;
      uid = null;
      withdrawn = true;
      if (mine == null || find(mine).isEmpty()) {
        return;
      }
      if (cleaning && !complete) {
        var _ = apply(mine, UninstallRequest.cancelled(), false);
      } else {
        resource().delete();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The agents' lines by node. */
  Map<String, String> lines() {
    return Optional.ofNullable(uid).flatMap(this::find).map(ConfigMap::getData).orElse(Map.of());
  }

  private Optional<ConfigMap> find(String wanted) {
    return Optional.ofNullable(resource().get())
        .filter(found -> found.getMetadata().getUid().equals(wanted));
  }

  private Resource<ConfigMap> resource() {
    return client.configMaps().inNamespace(namespace).withName(UninstallRequest.NAME);
  }

  private static Instant in(Duration patience) {
    return Clock.systemUTC().instant().plus(patience);
  }

  /**
   * @param ifUid refuses the write if the ConfigMap has another uid
   */
  private String apply(@Nullable String ifUid, Map<String, String> data, boolean dryRun) {
    return client
        .resource(
            new ConfigMapBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(UninstallRequest.NAME)
                .withUid(ifUid)
                .withOwnerReferences(owner.stream().toList())
                .endMetadata()
                .withData(data)
                .build())
        // An apply says the name in its address, so that a role can grant this name only.
        .patch(
            new PatchContext.Builder()
                .withPatchType(PatchType.SERVER_SIDE_APPLY)
                .withFieldManager(UninstallRequest.NAME)
                .withForce(true)
                .withDryRun(dryRun ? List.of("All") : List.of())
                .build())
        .getMetadata()
        .getUid();
  }
}
