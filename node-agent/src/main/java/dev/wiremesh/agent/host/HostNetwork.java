package dev.wiremesh.agent.host;

import java.io.IOException;
import java.util.List;

/** The node's own network configuration. Called by the control thread alone. */
public interface HostNetwork {
  /**
   * What was done.
   *
   * @param mtu that the interface has now, in bytes
   * @param changes one line each; empty if everything stood as it should
   * @param notes what was left out on purpose
   * @param warnings what we cannot put right and somebody must
   */
  record Outcome(int mtu, List<String> changes, List<String> notes, List<String> warnings) {
    public Outcome {
      changes = List.copyOf(changes);
      notes = List.copyOf(notes);
      warnings = List.copyOf(warnings);
    }
  }

  /**
   * Looks at what is there and makes it be as planned: the link up with its MTU and addresses, our
   * routes and rules in our table. Touches nothing that is so already, and nothing of others.
   */
  Outcome converge(HostPlan plan) throws IOException;

  /** Whether an interface of that name is there which we did not make. */
  boolean isForeign(String interfaceName) throws IOException;

  /** Removes rule and routes of a table that a network used before. */
  void removeRouting(HostFootprint footprint) throws IOException;

  /** Removes what we made for a network: rules, routes, and the interface if it is a TUN. */
  void remove(HostFootprint footprint) throws IOException;
}
