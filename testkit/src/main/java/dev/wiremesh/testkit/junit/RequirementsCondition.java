package dev.wiremesh.testkit.junit;

import static org.junit.platform.commons.support.AnnotationSupport.findAnnotation;

import dev.wiremesh.testkit.kubernetes.KubernetesUnavailableException;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtensionContext;

/** Looks at the {@code @Requires…} of a class or method and names everything that is missing. */
final class RequirementsCondition implements ExecutionCondition {

  @Override
  public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
    var missing = new ArrayList<String>();
    var element = context.getElement();
    if (findAnnotation(element, RequiresRoot.class).isPresent()) {
      missing.addAll(MissingRoot.WHAT);
    }
    if (findAnnotation(element, RequiresTun.class).isPresent()) {
      missing.addAll(MissingTun.WHAT);
    }
    findAnnotation(element, RequiresTool.class)
        .ifPresent(tools -> {
          for (var tool : tools.value()) {
            if (Tools.find(tool).isEmpty()) {
              missing.add("'" + tool + "' is not installed (bin/wiremesh setup installs it)");
            }
          }
        });
    findAnnotation(element, RequiresKubernetes.class)
        .ifPresent(needed -> missing.addAll(missingKubernetes(needed)));
    return missing.isEmpty()
        ? Requirement.met()
        : Requirement.missing(String.join("; ", missing.stream().distinct().toList()));
  }

  private static List<String> missingKubernetes(RequiresKubernetes needed) {
    try {
      var binaries = SharedControlPlane.binaries();
      return needed.controllerManager() && binaries.controllerManager().isEmpty()
          ? List.of("no kube-controller-manager: " + binaries.describe())
          : List.of();
    } catch (KubernetesUnavailableException e) {
      return List.of(String.valueOf(e.getMessage()));
    }
  }

  /** Asked once per JVM. */
  private static final class MissingRoot {
    static final List<String> WHAT = find();

    private static List<String> find() {
      if (Tools.find("ip").isEmpty()) {
        return List.of("'ip' is not installed (bin/wiremesh setup installs it)");
      }
      // Asks for what is needed, not for the user's number: a container's root may have nothing.
      var allowed = Command.of("unshare", "--net", "--mount", "true").run();
      return allowed.succeeded()
          ? List.of()
          : List.of("no right to make network namespaces (root needed): " + allowed.errors());
    }
  }

  /** Asked once per JVM. */
  private static final class MissingTun {
    static final List<String> WHAT = find();

    private static List<String> find() {
      var missing = new ArrayList<>(MissingRoot.WHAT);
      if (!Files.isWritable(Path.of("/dev/net/tun"))) {
        missing.add("no access to /dev/net/tun");
      }
      return missing;
    }
  }
}
