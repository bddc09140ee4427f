package dev.wiremesh.agent.uninstall;

import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.report.StatusWriter;
import dev.wiremesh.api.UninstallRequest;
import dev.wiremesh.api.contract.FieldManagers;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Uninstallation requested by the chart: its pre-delete hook creates a ConfigMap, and waits until
 * each agent wrote a line into it under the name of its node, for the check and then for the
 * cleanup. The ConfigMap is a request as long as it has not expired. Nothing is removed without a
 * request: 401, 403 and timeouts are not requests.
 *
 * <p>Owned by the control thread.
 */
public final class ChartUninstall implements Uninstall, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ChartUninstall.class);

  private final KubernetesClient client;
  private final String namespace;
  private final String node;
  private final NodeCleanup cleanup;
  private final StatusWriter writer;
  private final Clock clock;
  private final SharedIndexInformer<ConfigMap> marks;

  /** The last request that was answered, and the last one that had expired. */
  private String answered = "";

  private String tooLate = "";

  /**
   * @param asked called on any thread when a request appears
   */
  public ChartUninstall(
      KubernetesClient client,
      String namespace,
      String node,
      NodeCleanup cleanup,
      StatusWriter writer,
      Clock clock,
      Runnable asked) {
    this.client = client;
    this.namespace = namespace;
    this.node = node;
    this.cleanup = cleanup;
    this.writer = writer;
    this.clock = clock;
    marks =
        client
            .configMaps()
            .inNamespace(namespace)
            .withField("metadata.name", UninstallRequest.NAME)
            .runnableInformer(0);
    marks.exceptionHandler((started, failure) -> {
      log.atDebug()
          .addKeyValue("cause", String.valueOf(failure.getMessage()))
          .log("Watch of uninstall requests failed, retrying");
      return true;
    });
    marks.addEventHandler(new RequestHandler(asked));
    var _ = marks.start();
  }

  @Override
  public Request request() {
    return mark().map(this::request).orElse(Request.NONE);
  }

  private Request request(ConfigMap mark) {
    var step = UninstallRequest.step(mark);
    if (step == UninstallRequest.Step.CANCELLED) {
      return Request.CANCEL;
    }
    if (!isInTime(mark) || answered.equals(id(mark))) {
      return Request.NONE;
    }
    return step == UninstallRequest.Step.CHECK ? Request.CHECK : Request.CLEAN;
  }

  private Optional<ConfigMap> mark() {
    return marks.getStore().list().stream()
        .filter(mark -> mark.getMetadata().getDeletionTimestamp() == null)
        .findFirst();
  }

  /** Whether the hook still waits: a job that was killed leaves its request behind. */
  private boolean isInTime(ConfigMap mark) {
    var until = UninstallRequest.until(mark).orElse(Instant.MIN);
    if (clock.instant().isBefore(until)) {
      return true;
    }
    if (!tooLate.equals(id(mark))) {
      tooLate = id(mark);
      log.atWarn().addKeyValue("until", until).log("Ignoring an expired uninstall request");
    }
    return false;
  }

  /** Identifies a request: each step of one ConfigMap is answered. */
  private static String id(ConfigMap mark) {
    return uid(mark) + " " + UninstallRequest.step(mark);
  }

  private static String uid(ConfigMap mark) {
    return mark.getMetadata().getUid();
  }

  @Override
  public void check() throws IOException {
    cleanup.check();
  }

  @Override
  public List<String> clean() throws IOException {
    return cleanup.run();
  }

  @Override
  public void report(CleanupResult result) {
    var text =
        switch (result) {
          case CleanupResult.Ready() -> UninstallRequest.READY;
          case CleanupResult.NotReady(var cause) -> UninstallRequest.NOT_READY + cause;
          case CleanupResult.Clean(int removed) -> UninstallRequest.CLEAN + ", removed " + removed;
          case CleanupResult.Failed(var cause) -> "failed: " + cause;
        };
    var mark = mark().orElse(null);
    if (mark == null) {
      return;
    }
    answered = id(mark);
    // With the uid, so that a request deleted meanwhile is not created anew.
    var line =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(UninstallRequest.NAME)
            .withUid(uid(mark))
            .endMetadata()
            .addToData(node, text)
            .build();
    writer.submit(
        "ConfigMap " + UninstallRequest.NAME,
        () ->
            client
                .resource(line)
                .patch(
                    new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(FieldManagers.agentOf(node))
                        .withForce(true)
                        .build()));
  }

  @Override
  public void close() {
    marks.stop();
  }

  private record RequestHandler(Runnable asked) implements ResourceEventHandler<ConfigMap> {
    @Override
    public void onAdd(ConfigMap mark) {
      asked.run();
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap after) {
      if (!UninstallRequest.isSame(before, after)) {
        asked.run();
      }
    }

    @Override
    public void onDelete(ConfigMap mark, boolean finalStateUnknown) {
      // After a complete uninstallation this process ends soon.
    }
  }
}
