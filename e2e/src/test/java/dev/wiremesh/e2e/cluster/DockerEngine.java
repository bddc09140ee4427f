package dev.wiremesh.e2e.cluster;

import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.testcontainers.DockerClientFactory;

/**
 * Condition of tests on real clusters: they are asked for, and a Docker engine answers. Where not
 * it is no mistake of the machine: the reason says so, also where {@code CI=true}.
 */
final class DockerEngine implements ExecutionCondition {
  private static final String NOT_HERE = "not applicable here: ";

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    if (!Boolean.getBoolean("wiremesh.clusters")) {
      return ConditionEvaluationResult.disabled(
          NOT_HERE + "real clusters are for 'bin/wiremesh test -Pcluster'");
    }
    return DockerClientFactory.instance().isDockerAvailable()
        ? ConditionEvaluationResult.enabled("a Docker engine answers")
        : ConditionEvaluationResult.disabled(NOT_HERE + "no Docker engine answers");
  }
}
