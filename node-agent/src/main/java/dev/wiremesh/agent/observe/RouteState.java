package dev.wiremesh.agent.observe;

import dev.wiremesh.core.topology.Finding;
import dev.wiremesh.core.topology.NodePlan;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What became of a route on this node. */
public enum RouteState {
  /** It stands in our table. */
  PROGRAMMED,
  /** This node is directly connected to it: the way there is not through the mesh. */
  CONNECTED,
  /** A peer brings it that has no session now. */
  STANDBY,
  /** An older peer brings the same. */
  CONFLICT,
  /** The network does not allow it. */
  REJECTED;

  /** Label of the metric. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @param leftOut how many of the plan's routes were left out because the node is connected there
   */
  public static Map<RouteState, Integer> count(NodePlan plan, int leftOut) {
    var counts = new EnumMap<RouteState, Integer>(RouteState.class);
    counts.put(PROGRAMMED, plan.routing().routes().size() - leftOut);
    counts.put(CONNECTED, leftOut);
    counts.put(STANDBY, count(plan, Finding.Reason.ROUTE_STANDBY));
    counts.put(CONFLICT, count(plan, Finding.Reason.ROUTE_CONFLICT));
    counts.put(REJECTED, count(plan, Finding.Reason.ROUTE_REJECTED));
    return counts;
  }

  private static int count(NodePlan plan, Finding.Reason reason) {
    return (int) plan.findings().stream().filter(it -> it.reason() == reason).count();
  }
}
