package dev.wiremesh.agent.uninstall;

import dev.wiremesh.agent.host.NodeCleanup;
import dev.wiremesh.agent.report.StatusWriter;
import dev.wiremesh.api.ObjectNames;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.base.PatchContext;
import io.fabric8.kubernetes.client.dsl.base.PatchType;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The chart's pre-delete hook makes a ConfigMap and waits until each agent wrote a line into it,
 * under the name of its node. That the ConfigMap is there is the mark; an API server that answers
 * 401 or 403 or not at all shows none, so then nothing is removed.
 */
public final class ChartUninstall implements Uninstall, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ChartUninstall.class);
  static final String MARK = "wiremesh-uninstall";

  private final KubernetesClient client;
  private final String namespace;
  private final String node;
  private final NodeCleanup cleanup;
  private final StatusWriter writer;
  private final SharedIndexInformer<ConfigMap> marks;

  /**
   * @param asked called on any thread when the mark comes
   */
  public ChartUninstall(
      KubernetesClient client,
      String namespace,
      String node,
      NodeCleanup cleanup,
      StatusWriter writer,
      Runnable asked) {
    this.client = client;
    this.namespace = namespace;
    this.node = node;
    this.cleanup = cleanup;
    this.writer = writer;
    marks =
        client
            .configMaps()
            .inNamespace(namespace)
            .withField("metadata.name", MARK)
            .runnableInformer(0);
    marks.exceptionHandler((started, failure) -> {
      LOG.atDebug()
          .addKeyValue("cause", String.valueOf(failure.getMessage()))
          .log("Watch for the uninstall mark failed; trying again");
      return true;
    });
    marks.addEventHandler(new Waker(asked));
    var unused = marks.start();
  }

  @Override
  public boolean isAsked() {
    return marks.getStore().list().stream()
        .anyMatch(mark -> mark.getMetadata().getDeletionTimestamp() == null);
  }

  @Override
  public List<String> clean() throws IOException {
    return cleanup.run();
  }

  @Override
  public void report(Outcome outcome) {
    var text =
        switch (outcome) {
          case Outcome.Clean(int removed) -> "clean, removed " + removed;
          case Outcome.Failed(var cause) -> "failed: " + cause;
        };
    var line =
        new ConfigMapBuilder()
            .withNewMetadata()
            .withNamespace(namespace)
            .withName(MARK)
            .endMetadata()
            .addToData(node, text)
            .build();
    writer.submit(
        "ConfigMap " + MARK,
        () ->
            client
                .resource(line)
                .patch(
                    new PatchContext.Builder()
                        .withPatchType(PatchType.SERVER_SIDE_APPLY)
                        .withFieldManager(
                            ObjectNames.fitting(
                                "wiremesh-agent-" + node, ObjectNames.LONGEST_FIELD_MANAGER))
                        .withForce(true)
                        .build()));
  }

  @Override
  public void close() {
    marks.stop();
  }

  private record Waker(Runnable asked) implements ResourceEventHandler<ConfigMap> {
    @Override
    public void onAdd(ConfigMap mark) {
      asked.run();
    }

    @Override
    public void onUpdate(ConfigMap before, ConfigMap after) {
      // Another agent's line.
    }

    @Override
    public void onDelete(ConfigMap mark, boolean finalStateUnknown) {
      // What was removed stays removed: this process ends soon.
    }
  }
}
