package dev.wiremesh.agent.report;

import dev.wiremesh.core.keys.PublicKey;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The wanted status of a MeshNode. Equal reports are written once.
 *
 * @param publicKey null as long as the key is not known
 * @param mtu 0 as long as there is no interface
 * @param observedGeneration of the MeshNode that this answers to
 * @param appliedGeneration of the MeshNode that is in force; 0 if none is yet
 */
public record NodeReport(
    @Nullable PublicKey publicKey,
    int mtu,
    long observedGeneration,
    long appliedGeneration,
    int peersTotal,
    int peersConnected,
    List<Problem> problems,
    PlanConditions sections) {
  /** A peer with a problem. */
  public record Problem(String peer, String reason, String message) {}

  public NodeReport {
    problems = List.copyOf(problems);
  }
}
