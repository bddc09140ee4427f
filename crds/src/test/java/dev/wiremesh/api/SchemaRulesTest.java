package dev.wiremesh.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.CustomResource;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Rules for every field of every kind. */
final class SchemaRulesTest {
  private final List<String> problems = new ArrayList<>();

  static Stream<Class<? extends CustomResource<?, ?>>> kinds() {
    return CrdYaml.KINDS.stream();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void everyFieldIsExplainedAndBounded(Class<? extends CustomResource<?, ?>> kind) {
    var version = CrdYaml.generate(kind).getSpec().getVersions().getFirst();
    var root = version.getSchema().getOpenAPIV3Schema();

    assertThat(version.getSubresources().getStatus()).isNotNull();
    root.getProperties().forEach((name, schema) -> check(kind.getSimpleName(), name, schema));
    assertThat(problems).isEmpty();
  }

  private void check(String parent, String name, JSONSchemaProps schema) {
    var path = parent + "." + name;
    if (schema.getDescription() == null) {
      problems.add(path + " has no description");
    }
    bounded(path, schema);
    if (name.equals("conditions") && !"map".equals(schema.getXKubernetesListType())) {
      problems.add(path + " is no map by type");
    }
    if (schema.getProperties() != null) {
      schema.getProperties().forEach((child, it) -> check(path, child, it));
    }
    if (schema.getItems() != null) {
      var items = schema.getItems().getSchema();
      bounded(path + "[]", items);
      if (items.getProperties() != null) {
        items.getProperties().forEach((child, it) -> check(path + "[]", child, it));
      }
    }
  }

  private void bounded(String path, JSONSchemaProps schema) {
    if ("array".equals(schema.getType()) && schema.getMaxItems() == null) {
      problems.add(path + " has no maxItems");
    }
    if ("string".equals(schema.getType())
        && schema.getMaxLength() == null
        && (schema.getEnum() == null || schema.getEnum().isEmpty())) {
      problems.add(path + " has no maxLength");
    }
  }
}
