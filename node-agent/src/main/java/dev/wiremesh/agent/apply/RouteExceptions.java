package dev.wiremesh.agent.apply;

import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.core.topology.RoutePlan;
import java.util.Set;

/**
 * Exceptions from the planned routes of a network on this node.
 *
 * @param bypass addresses that are reached beside the mesh
 * @param withdrawn routes that are left out, since the API server cannot be reached with them
 */
public record RouteExceptions(BypassAddresses bypass, Set<RoutePlan> withdrawn) {
  public RouteExceptions {
    withdrawn = Set.copyOf(withdrawn);
  }
}
