package dev.wiremesh.operator.node;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.LabelSelector;
import io.fabric8.kubernetes.api.model.LabelSelectorBuilder;
import io.fabric8.kubernetes.api.model.LabelSelectorRequirement;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LabelSelectorsTest {
  private static final Map<String, String> LABELS = Map.of("zone", "a", "gateway", "");

  @Test
  void absentMatchesNothingAndEmptyMatchesAll() {
    assertThat(LabelSelectors.matches(null, LABELS)).isFalse();
    assertThat(LabelSelectors.matches(new LabelSelector(), LABELS)).isTrue();
    assertThat(LabelSelectors.matches(new LabelSelector(), null)).isTrue();
  }

  @Test
  void labelsMatchExactly() {
    assertThat(LabelSelectors.matches(label("zone", "a"), LABELS)).isTrue();
    assertThat(LabelSelectors.matches(label("zone", "b"), LABELS)).isFalse();
    assertThat(LabelSelectors.matches(label("rack", "a"), LABELS)).isFalse();
  }

  @Test
  void expressionsAreThoseOfKubernetes() {
    assertThat(LabelSelectors.matches(expression("zone", "In", "a", "b"), LABELS)).isTrue();
    assertThat(LabelSelectors.matches(expression("zone", "NotIn", "a"), LABELS)).isFalse();
    assertThat(LabelSelectors.matches(expression("rack", "NotIn", "a"), LABELS)).isTrue();
    assertThat(LabelSelectors.matches(expression("gateway", "Exists"), LABELS)).isTrue();
    assertThat(LabelSelectors.matches(expression("gateway", "DoesNotExist"), LABELS)).isFalse();
    assertThat(LabelSelectors.matches(expression("rack", "DoesNotExist"), LABELS)).isTrue();
  }

  private static LabelSelector label(String key, String value) {
    return new LabelSelectorBuilder().addToMatchLabels(key, value).build();
  }

  private static LabelSelector expression(String key, String operator, String... values) {
    return new LabelSelectorBuilder()
        .addToMatchExpressions(new LabelSelectorRequirement(key, operator, List.of(values)))
        .build();
  }
}
