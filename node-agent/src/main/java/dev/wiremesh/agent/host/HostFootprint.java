package dev.wiremesh.agent.host;

/** Enough to find again what was made for a network, also after a restart. */
public record HostFootprint(String network, String interfaceName, int table, int rulePriority) {
  public static HostFootprint of(String network, HostPlan plan) {
    return new HostFootprint(network, plan.interfaceName(), plan.table(), plan.rulePriority());
  }
}
