package dev.wiremesh.testkit.junit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/**
 * The answer to a missing requirement: a failure where {@code CI=true}, else a skip with the
 * reason.
 */
public final class Requirement {
  private static final boolean STRICT = "true".equalsIgnoreCase(System.getenv("CI"));

  private Requirement() {}

  public static ConditionEvaluationResult met() {
    return ConditionEvaluationResult.enabled("all there");
  }

  /** The answer of a condition whose requirement is not met. */
  public static ConditionEvaluationResult missing(String what) {
    if (STRICT) {
      throw new AssertionError("CI=true, so a test that cannot run is a failure: " + what);
    }
    return ConditionEvaluationResult.disabled(what);
  }
}
