package dev.wiremesh.lab.torture;

import java.util.List;
import java.util.Map;

/**
 * The result of a torture run.
 *
 * @param storm the storm's figures: steps, refused steps, restarts of programs, API outages
 * @param manifests the number of hostile manifests by their outcome
 * @param checks the invariants, in the order of their check
 */
public record TortureReport(
    long seed, Map<String, Integer> storm, Map<Outcome, Integer> manifests, List<Check> checks) {

  /** The end of a hostile manifest. */
  public enum Outcome {
    REFUSED_BY_SCHEMA("refused by the schema"),
    REFUSED_BY_SIZE("refused for its size"),
    REFUSED_BY_POLICY("refused by an admission policy"),
    REFUSED_IN_STATUS("accepted, refused in its status"),
    IN_FORCE("accepted, in force"),
    GONE("accepted, deleted by the cluster"),
    UNANSWERED("accepted, without an up-to-date status"),
    ERROR("another error of the API server");

    private final String text;

    Outcome(String text) {
      this.text = text;
    }

    @Override
    public String toString() {
      return text;
    }
  }

  /**
   * An invariant.
   *
   * @param problem empty if it holds
   */
  public record Check(String invariant, String problem) {
    public boolean holds() {
      return problem.isEmpty();
    }
  }

  /** Whether all invariants hold. */
  public boolean allHold() {
    return checks.stream().allMatch(Check::holds);
  }
}
