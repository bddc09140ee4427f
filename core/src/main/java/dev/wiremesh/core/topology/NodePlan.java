package dev.wiremesh.core.topology;

import java.util.List;

/**
 * What one node's part of a network must look like; a pure function of the view, without secrets.
 * Lists are sorted, so that equal plans are equal values.
 *
 * @param findings what was left out of the mesh, and why
 */
public record NodePlan(
    String network, String node, DevicePlan device, RoutingPlan routing, List<Finding> findings) {
  public NodePlan {
    findings = List.copyOf(findings);
  }
}
