package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;

/** Names of the Leases, all in the operator's namespace. */
public final class LeaseNames {
  /** Held by the replica of the operator that leads. */
  public static final String OPERATOR = "wiremesh-operator";

  private LeaseNames() {}

  /**
   * The Lease that an agent renews: one a node, however many networks the node is part of.
   *
   * <p>Earlier versions knew it for gateways only, hence its name. The chart's admission policy
   * pins the name, and during an upgrade or a rollback agents and operators of both versions meet:
   * under another name, one of them would take living nodes for lost. So the name stays; readers go
   * by the label {@link Labels#GATEWAY} and the holder.
   */
  public static String agent(String node) {
    return ObjectNames.fitting("wiremesh-gateway-" + node, ObjectNames.LONGEST_NAME);
  }
}
