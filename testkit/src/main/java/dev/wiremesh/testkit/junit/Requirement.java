package dev.wiremesh.testkit.junit;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;

/**
 * How a missing requirement is answered: where {@code CI=true} it is a failure, elsewhere a skip
 * that says what is missing.
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
