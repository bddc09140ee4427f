package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;

/** Names of the Leases, all in the operator's namespace. */
public final class LeaseNames {
  /** Held by the replica of the operator that leads. */
  public static final String OPERATOR = "wiremesh-operator";

  private LeaseNames() {}

  /**
   * The Lease that the agent of a gateway renews: one a node, however many networks the node is a
   * gateway of.
   *
   * <p>The chart's admission policy pins this name, and during an upgrade agents of both versions
   * renew it: under another name, nodes that still run the old agent would be refused and count as
   * lost. So the name stays; readers go by the label {@link Labels#GATEWAY} and the holder.
   */
  public static String gateway(String node) {
    return ObjectNames.fitting("wiremesh-gateway-" + node, ObjectNames.LONGEST_NAME);
  }
}
