package dev.wiremesh.lab.story;

import dev.wiremesh.api.v1alpha1.MeshNode;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.lab.story.FaultReport.Row;
import io.fabric8.kubernetes.api.model.Condition;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.Watcher;
import io.fabric8.kubernetes.client.WatcherException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The faults of a story: the control plane is away, an agent starts without it, the hub's agent is
 * killed, and the faults of the story's own machines. Flows of ten pings a second run during each.
 *
 * <p>Owned by one thread.
 */
final class StoryFaults {
  private static final Duration AFTER_RETURN = Duration.ofSeconds(60);

  /** Longer than a peer of a group must answer before it carries the traffic again. */
  private static final Duration SETTLED = Duration.ofSeconds(45);

  private static final int SETTLING_ATTEMPTS = 10;

  /** A session of a plain client that is dead is replaced after 15 s at the latest. */
  private static final Duration LONGEST_GAP_OF_RESTART = Duration.ofSeconds(20);

  private final StoryScene scene;
  private final Story story;
  private final List<Row> rows = new ArrayList<>();
  private final FaultedFlows flows;

  StoryFaults(StoryScene scene, Story story) {
    this.scene = scene;
    this.story = story;
    this.flows = new FaultedFlows(scene, rows);
  }

  FaultReport run(Duration outage) throws InterruptedException {
    scene.awaitConnected();
    controlPlaneAway(outage);
    agentStartsWithoutControlPlane("n2");
    agentRestarts("n1");
    story.edgeFaults(scene, flows);
    return new FaultReport(rows);
  }

  private void controlPlaneAway(Duration outage) throws InterruptedException {
    var fault = "API server and operator away for %d s".formatted(outage.toSeconds());
    var running = flows.start(story.flows(scene));
    try {
      var before = settledTransitions();
      scene.say("Killing the API server and the operator");
      scene.lab().killApiServer();
      scene.lab().killOperator();
      story.duringOutage(scene, outage, rows);
      scene.say("Starting the API server and the operator again");
      scene.lab().startApiServer();
      int writes = writesAfterReturn();
      var after = transitions();
      after.entrySet().removeIf(entry -> entry.getValue().equals(before.get(entry.getKey())));
      for (var flow : running) {
        var losses = flow.losses();
        rows.add(FaultedFlows.row(fault, flow, losses, losses.lost() == 0));
      }
      rows.add(
          new Row(
              fault,
              "objects",
              0,
              0,
              0,
              "%d writes and %d changed conditions in %d s after the return%s"
                  .formatted(
                      writes,
                      after.size(),
                      AFTER_RETURN.toSeconds(),
                      after.isEmpty() ? "" : ": " + String.join(", ", after.keySet())),
              after.isEmpty()));
    } finally {
      running.forEach(PingFlow::close);
    }
  }

  private void agentStartsWithoutControlPlane(String node) throws InterruptedException {
    try {
      flows.during(
          "agent of %s killed and started without API server".formatted(node),
          story.flows(scene),
          LONGEST_GAP_OF_RESTART,
          () -> {
            scene.lab().killApiServer();
            scene.lab().restart(node);
          });
    } finally {
      scene.lab().startApiServer();
    }
  }

  private void agentRestarts(String node) throws InterruptedException {
    flows.during(
        "agent of the public node %s killed and started".formatted(node),
        story.flows(scene),
        LONGEST_GAP_OF_RESTART,
        () -> scene.lab().restart(node));
  }

  /** The writes to the API's objects in a minute from the operator's start on. */
  private int writesAfterReturn() throws InterruptedException {
    var count = new AtomicInteger();
    var client = scene.lab().client();
    try (var _ = counting(client, Peer.class, count);
        var _ = counting(client, MeshNode.class, count);
        var _ = counting(client, WireGuardNetwork.class, count)) {
      scene.lab().startOperator();
      scene.pause("Counting writes", AFTER_RETURN);
      return count.get();
    }
  }

  private static <T extends HasMetadata> AutoCloseableWatch counting(
      KubernetesClient client, Class<T> type, AtomicInteger count) {
    var all = client.resources(type).inAnyNamespace();
    var version = all.list().getMetadata().getResourceVersion();
    var watch =
        all.withResourceVersion(version)
            .watch(
                new Watcher<T>() {
                  @Override
                  public void eventReceived(Action action, T resource) {
                    if (action != Action.BOOKMARK) {
                      count.incrementAndGet();
                    }
                  }

                  @Override
                  public void onClose(WatcherException cause) {}
                });
    return watch::close;
  }

  /** {@link #transitions} after a time without a change: a failure shows in a condition later. */
  private Map<String, String> settledTransitions() throws InterruptedException {
    for (int attempt = 0; attempt < SETTLING_ATTEMPTS; attempt++) {
      var before = transitions();
      scene.pause("The conditions settle", SETTLED);
      if (transitions().equals(before)) {
        return before;
      }
    }
    throw new IllegalStateException("The conditions of the objects go on changing");
  }

  /** The status and last transition of each condition; the phone sleeps, so it may change. */
  private Map<String, String> transitions() {
    var client = scene.lab().client();
    var found = new TreeMap<String, String>();
    for (var network : client.resources(WireGuardNetwork.class).list().getItems()) {
      put(found, network, network.getStatus().conditions);
    }
    for (var node : client.resources(MeshNode.class).list().getItems()) {
      put(found, node, node.getStatus().conditions);
    }
    for (var peer : client.resources(Peer.class).inAnyNamespace().list().getItems()) {
      if (!peer.getMetadata().getName().equals(Phone.NAME)) {
        put(found, peer, peer.getStatus().conditions);
      }
    }
    return found;
  }

  private static void put(
      Map<String, String> found, HasMetadata object, List<Condition> conditions) {
    for (var condition : conditions) {
      found.put(
          object.getKind() + " " + object.getMetadata().getName() + " " + condition.getType(),
          condition.getStatus() + " since " + condition.getLastTransitionTime());
    }
  }

  /** A watch that ends without an exception. */
  private interface AutoCloseableWatch extends AutoCloseable {
    @Override
    void close();
  }
}
