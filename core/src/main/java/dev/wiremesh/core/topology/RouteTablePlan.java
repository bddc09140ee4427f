package dev.wiremesh.core.topology;

import java.util.List;

/**
 * A routing table that belongs to one network alone.
 *
 * @param number 1 to 2^32 - 1 as an unsigned int
 * @param routes sorted
 */
public record RouteTablePlan(int number, List<RoutePlan> routes) {
  public RouteTablePlan {
    routes = List.copyOf(routes);
  }
}
