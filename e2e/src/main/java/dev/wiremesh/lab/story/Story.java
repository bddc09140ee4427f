package dev.wiremesh.lab.story;

import dev.wiremesh.lab.cluster.LabException;
import java.time.Duration;
import java.util.List;

/** An example of {@code examples/} with its edges and the connections that it promises. */
public sealed interface Story permits HomeStory, OfficeStory {

  /** Its name, which is also the folder of its manifests and the namespace of its Peers. */
  String name();

  /** The WireGuardNetwork of its manifests. */
  String network();

  /** Builds the edges; returns when every client's interface is up. */
  void build(StoryScene scene) throws InterruptedException;

  /** The connections that must work, in the order of the table. */
  List<Reach> reaches(StoryScene scene) throws InterruptedException;

  /** Moves of machines to other networks. */
  void moves(StoryScene scene, StoryReport.Builder report) throws InterruptedException;

  /** The connections that must work after the moves. */
  default List<Reach> reachesAfterMoves(StoryScene scene) throws InterruptedException {
    return List.of();
  }

  /** Failures of machines outside the cluster, under running flows. */
  default void failures(StoryScene scene, StoryReport.Builder report) throws InterruptedException {}

  /** The flows that are watched during a fault of the control plane. */
  List<PingFlow.Ends> flows(StoryScene scene) throws InterruptedException;

  /** Lets the time of an outage of the control plane pass, with faults of its own in it. */
  default void duringOutage(StoryScene scene, Duration outage, List<FaultReport.Row> rows)
      throws InterruptedException {
    scene.pause("The control plane is away", outage);
  }

  /** Faults of the story's own machines, after those of the control plane. */
  default void edgeFaults(StoryScene scene, FaultedFlows flows) throws InterruptedException {}

  /** The story of a name, with a short sleep of its phone. */
  static Story of(String name) {
    return of(name, Phone.SHORT_SLEEP);
  }

  /**
   * The story of a name.
   *
   * @param sleep of the phone
   */
  static Story of(String name, Duration sleep) {
    return switch (name) {
      case "home" -> new HomeStory(sleep);
      case "office" -> new OfficeStory();
      default -> throw new LabException("'%s': write home or office".formatted(name));
    };
  }
}
