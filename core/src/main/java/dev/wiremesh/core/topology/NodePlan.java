package dev.wiremesh.core.topology;

import dev.wiremesh.core.membership.Finding;
import java.util.List;

/**
 * The wanted state of one network on one node; a pure function of the view, without secrets. Lists
 * are sorted, so that equal plans are equal values.
 *
 * @param groups of routes, in the whole network
 * @param findings objects and routes that are left out of the mesh
 */
public record NodePlan(
    String network,
    String node,
    DevicePlan device,
    RoutingPlan routing,
    List<GroupPlan> groups,
    List<Finding> findings) {
  public NodePlan {
    groups = List.copyOf(groups);
    findings = List.copyOf(findings);
  }
}
