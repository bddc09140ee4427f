package dev.wiremesh.operator.node;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Label selectors as Kubernetes reads them; an absent one matches nothing, an empty one all. */
public final class LabelSelectors {
  private LabelSelectors() {}

  public static boolean matches(
      @Nullable LabelSelector selector, @Nullable Map<String, String> labels) {
    if (selector == null) {
      return false;
    }
    var present = labels == null ? Map.<String, String>of() : labels;
    var exact = selector.getMatchLabels();
    if (exact != null && !present.entrySet().containsAll(exact.entrySet())) {
      return false;
    }
    var expressions = selector.getMatchExpressions();
    return expressions == null
        || expressions.stream().allMatch(requirement -> holds(requirement, present));
  }

  private static boolean holds(LabelSelectorRequirement requirement, Map<String, String> labels) {
    var value = labels.get(requirement.getKey());
    return switch (String.valueOf(requirement.getOperator())) {
      case "In" -> value != null && requirement.getValues().contains(value);
      case "NotIn" -> value == null || !requirement.getValues().contains(value);
      case "Exists" -> value != null;
      case "DoesNotExist" -> value == null;
      default -> false;
    };
  }
}
