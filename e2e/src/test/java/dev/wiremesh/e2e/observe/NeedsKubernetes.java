package dev.wiremesh.e2e.observe;

import dev.wiremesh.testkit.junit.Requirement;
import dev.wiremesh.testkit.kubernetes.KubernetesSource;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** A lab has an API server of its own: there must be one to start. */
final class NeedsKubernetes implements ExecutionCondition {
  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    return new KubernetesSource(System.getenv(), System.err::println).wouldUse().isPresent()
        ? Requirement.met()
        : Requirement.missing("no Kubernetes API server to be had (bin/wiremesh setup)");
  }
}
