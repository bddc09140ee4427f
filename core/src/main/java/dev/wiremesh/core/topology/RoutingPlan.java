package dev.wiremesh.core.topology;

import java.util.List;

/**
 * What leads packets into the device.
 *
 * @param table the routing table that is ours alone
 * @param rulePriority where the rule that leads into it stands
 * @param routes sorted by destination
 * @param forwarding whether packets pass through this node from one peer to another
 */
public record RoutingPlan(int table, int rulePriority, List<RoutePlan> routes, boolean forwarding) {
  public RoutingPlan {
    routes = List.copyOf(routes);
  }
}
