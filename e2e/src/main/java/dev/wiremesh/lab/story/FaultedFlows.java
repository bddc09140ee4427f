package dev.wiremesh.lab.story;

import dev.wiremesh.lab.story.FaultReport.Row;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The flows of a story during its faults, and the rows of the fault table read from them.
 *
 * <p>Owned by one thread.
 */
final class FaultedFlows {
  private static final Duration FLOWS_AGAIN = Duration.ofSeconds(5);

  private final StoryScene scene;
  private final List<Row> rows;

  /**
   * @param rows receives the rows
   */
  FaultedFlows(StoryScene scene, List<Row> rows) {
    this.scene = scene;
    this.rows = rows;
  }

  /** A fault, which returns when it has happened. */
  interface Fault {
    void happen() throws InterruptedException;
  }

  /** Makes a fault under flows, waits until all are answered again, and adds a row for each. */
  void during(String name, List<PingFlow.Ends> ends, Duration longestGap, Fault fault)
      throws InterruptedException {
    var flows = start(ends);
    try {
      scene.say("Fault: " + name);
      fault.happen();
      settle(flows);
      for (var flow : flows) {
        var losses = flow.losses();
        rows.add(
            row(name, flow, losses, losses.longestGapSeconds() <= longestGap.toMillis() / 1e3));
      }
    } finally {
      flows.forEach(PingFlow::close);
    }
  }

  /** Starts flows; returns when each is answered. */
  List<PingFlow> start(List<PingFlow.Ends> ends) throws InterruptedException {
    var flows = new ArrayList<PingFlow>();
    try {
      for (var each : ends) {
        flows.add(new PingFlow(scene.machine(each.from()), each, scene.logs()));
      }
      scene.await("every flow is answered", () -> flows.stream().allMatch(PingFlow::isAnswered));
      return flows;
    } catch (InterruptedException | RuntimeException e) {
      flows.forEach(PingFlow::close);
      throw e;
    }
  }

  /** Waits until every flow has been without a gap for some seconds. */
  private void settle(List<PingFlow> flows) throws InterruptedException {
    scene.pause("The flows go on", FLOWS_AGAIN);
    scene.await(
        "every flow is answered again",
        () -> {
          double lately = StoryRun.now() - 1;
          return flows.stream().allMatch(flow -> flow.isAnsweredSince(lately));
        });
    scene.pause("The flows go on", FLOWS_AGAIN);
  }

  static Row row(String fault, PingFlow flow, PingFlow.Losses losses, boolean holds) {
    return new Row(
        fault,
        flow.ends().toString(),
        losses.sent(),
        losses.lost(),
        losses.longestGapSeconds(),
        holds ? "" : load(),
        holds);
  }

  /** A busy machine alone can make an agent's start, and so a gap, many times longer. */
  private static String load() {
    var system = ManagementFactory.getOperatingSystemMXBean();
    return "load average %.0f on %d cores"
        .formatted(system.getSystemLoadAverage(), system.getAvailableProcessors());
  }
}
