package dev.wiremesh.agent.host;

import dev.wiremesh.agent.host.route.RouteFinding;
import java.io.IOException;
import java.util.List;

/** The network configuration of this node. Called by the control thread alone. */
public interface HostNetwork {
  /**
   * The result of {@link #converge}.
   *
   * @param mtu of the interface now, in bytes
   * @param underlayMtu MTU that the underlay's interfaces and routes admit; the same where the plan
   *     has no limit
   * @param changes one line for each change; empty if everything was as planned
   * @param findings routes that are not as planned
   * @param warnings faults that the agent cannot mend
   * @param advice sentences about settings of the node that should be changed
   */
  record Converged(
      int mtu,
      int underlayMtu,
      List<String> changes,
      List<RouteFinding> findings,
      List<String> warnings,
      List<String> advice) {
    public Converged {
      changes = List.copyOf(changes);
      findings = List.copyOf(findings);
      warnings = List.copyOf(warnings);
      advice = List.copyOf(advice);
    }
  }

  /**
   * Reads the host and makes it be as planned: the link up with its MTU and addresses, our routes
   * and rules, the packet filter. Touches nothing that is as planned, and nothing of others.
   */
  Converged converge(HostPlan plan) throws IOException;

  /** Whether an interface of that name exists that Wiremesh did not make. */
  boolean isForeign(String interfaceName) throws IOException;

  /** Removes rule and routes of a table that a network used before. */
  void removeRouting(HostFootprint footprint) throws IOException;

  /** Removes what was made for a network: rules, routes, and the interface if it is a TUN. */
  void remove(HostFootprint footprint) throws IOException;
}
