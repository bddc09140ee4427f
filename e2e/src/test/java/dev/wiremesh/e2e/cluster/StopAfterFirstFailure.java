package dev.wiremesh.e2e.cluster;

import java.util.Optional;
import org.junit.jupiter.api.extension.AfterTestExecutionCallback;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * For tests whose methods are the steps of one sequence: after a step that failed the others are
 * not tried, and the cluster is described as it then was.
 */
final class StopAfterFirstFailure implements ExecutionCondition, AfterTestExecutionCallback {
  private static final ExtensionContext.Namespace STORE =
      ExtensionContext.Namespace.create(StopAfterFirstFailure.class);

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    var failed =
        context.getTestMethod().isEmpty()
            ? Optional.<String>empty()
            : Optional.ofNullable(store(context).get("failed", String.class));
    return failed
        .map(step -> ConditionEvaluationResult.disabled("an earlier step failed: " + step))
        .orElseGet(() -> ConditionEvaluationResult.enabled("all went well so far"));
  }

  @Override
  public void afterTestExecution(ExtensionContext context) {
    if (context.getExecutionException().isPresent()) {
      store(context).put("failed", context.getDisplayName());
      if (context.getRequiredTestInstance() instanceof MeshLifecycle lifecycle) {
        System.err.println(lifecycle.describe());
      }
    }
  }

  private static ExtensionContext.Store store(ExtensionContext context) {
    return context.getParent().orElse(context).getStore(STORE);
  }
}
