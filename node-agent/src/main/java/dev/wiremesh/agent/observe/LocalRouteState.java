package dev.wiremesh.agent.observe;

import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.topology.NodePlan;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** State of a route on this node. */
public enum LocalRouteState {
  /** It is in the table of the network. */
  PROGRAMMED,
  /** This node reaches the destination beside the mesh, mostly as a connected prefix. */
  CONNECTED,
  /** The API server could not be reached with it. */
  WITHDRAWN,
  /** Its peer has no session now. */
  STANDBY,
  /** An older peer has the same route. */
  CONFLICT,
  /** The network does not permit it. */
  REJECTED;

  /** Label of the metric. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * @param leftOut number of routes left out because the node reaches the destination otherwise
   * @param withdrawn number of routes that keep the API server away
   */
  public static Map<LocalRouteState, Integer> count(NodePlan plan, int leftOut, int withdrawn) {
    var counts = new EnumMap<LocalRouteState, Integer>(LocalRouteState.class);
    counts.put(PROGRAMMED, plan.routing().routes().size() - leftOut - withdrawn);
    counts.put(CONNECTED, leftOut);
    counts.put(WITHDRAWN, withdrawn);
    counts.put(STANDBY, count(plan, Finding.Cause.ROUTE_STANDBY));
    counts.put(CONFLICT, count(plan, Finding.Cause.ROUTE_CONFLICT));
    counts.put(REJECTED, count(plan, Finding.Cause.ROUTE_REJECTED));
    return counts;
  }

  private static int count(NodePlan plan, Finding.Cause cause) {
    return (int) plan.findings().stream().filter(it -> it.cause() == cause).count();
  }
}
