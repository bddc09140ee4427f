package dev.wiremesh.agent.host;

import dev.wiremesh.core.topology.RulePlan;

/**
 * Identifies what was made on the host for a network, also after a restart: its interface, and its
 * one routing table with the rule that looks it up.
 */
public record HostFootprint(String network, String interfaceName, int table, int rulePriority) {
  public static HostFootprint of(HostPlan plan) {
    var rule = plan.routing().rules().getFirst();
    return new HostFootprint(
        plan.network(), plan.link().interfaceName(), rule.table(), rule.priority());
  }

  RulePlan rule() {
    return new RulePlan(rulePriority, table);
  }
}
