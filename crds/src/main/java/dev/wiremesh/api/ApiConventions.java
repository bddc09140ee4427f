package dev.wiremesh.api;

import io.fabric8.crdv2.generator.v1.SchemaCustomizer;
import io.fabric8.kubernetes.api.model.apiextensions.v1.JSONSchemaProps;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Schema customizer for what the CRD generator has no annotation for, run at build time: lists that
 * are maps by a key, so that two writers do not overwrite each other's entries, and descriptions
 * and limits for Kubernetes' own conditions and label selectors.
 *
 * <p>The input is {@code list=key} pairs, separated by commas.
 */
public final class ApiConventions implements SchemaCustomizer.Customizer {
  /**
   * Before the rule of a list: the rule is one of its entries, {@code self}, so that the API server
   * answers with the index of the wrong one. The generator takes no rule on a type argument.
   */
  public static final String EACH = "each: ";

  private static final Map<String, String> CONDITION_FIELDS =
      Map.of(
          "type", "What the condition is about.",
          "status", "True, False or Unknown.",
          "reason", "Why, in one word.",
          "message", "Why, in a sentence.",
          "lastTransitionTime", "When the status became what it is.",
          "observedGeneration", "The metadata.generation that the condition answers to.");

  @Override
  public JSONSchemaProps apply(
      JSONSchemaProps schema, String input, KubernetesSerialization serialization) {
    for (var pair : input.isEmpty() ? new String[0] : input.split(",")) {
      int equals = pair.indexOf('=');
      var list = property(schema, pair.substring(0, equals));
      var key = pair.substring(equals + 1);
      list.setXKubernetesListType("map");
      list.setXKubernetesListMapKeys(List.of(key));
      require(list.getItems().getSchema(), key);
    }
    if (schema.getProperties().containsKey("conditions")) {
      condition(property(schema, "conditions").getItems().getSchema());
    }
    selectors(schema);
    moveToEntries(schema);
    return schema;
  }

  private static void moveToEntries(JSONSchemaProps schema) {
    if (schema.getProperties() != null) {
      schema.getProperties().values().forEach(ApiConventions::moveToEntries);
    }
    if (schema.getItems() == null) {
      return;
    }
    var entry = schema.getItems().getSchema();
    moveToEntries(entry);
    var rules = new ArrayList<>(schema.getXKubernetesValidations());
    var ofEntries = new ArrayList<>(entry.getXKubernetesValidations());
    for (var rule : schema.getXKubernetesValidations()) {
      if (rule.getRule().startsWith(EACH)) {
        rules.remove(rule);
        rule.setRule(rule.getRule().substring(EACH.length()));
        ofEntries.add(rule);
      }
    }
    schema.setXKubernetesValidations(rules);
    entry.setXKubernetesValidations(ofEntries);
  }

  private static void condition(JSONSchemaProps condition) {
    CONDITION_FIELDS.forEach((name, text) -> property(condition, name).setDescription(text));
    property(condition, "type").setMaxLength(64L);
    property(condition, "reason").setMaxLength(64L);
    property(condition, "message").setMaxLength(1024L);
    property(condition, "lastTransitionTime").setFormat("date-time");
    property(condition, "lastTransitionTime").setMaxLength(40L);
    var status = property(condition, "status");
    status.setMaxLength(7L);
    status.setPattern("^(True|False|Unknown)$");
    require(condition, "type");
    require(condition, "status");
    require(condition, "reason");
    require(condition, "lastTransitionTime");
  }

  /** Label selectors, whatever the name of their field. */
  private static void selectors(JSONSchemaProps schema) {
    var properties = schema.getProperties();
    if (properties == null) {
      return;
    }
    if (properties.containsKey("matchLabels") && properties.containsKey("matchExpressions")) {
      selector(schema);
      return;
    }
    properties.values().forEach(ApiConventions::selectors);
    properties.values().stream()
        .filter(property -> property.getItems() != null)
        .forEach(property -> selectors(property.getItems().getSchema()));
  }

  private static void selector(JSONSchemaProps selector) {
    var labels = property(selector, "matchLabels");
    labels.setDescription("Labels that must be there with exactly these values.");
    labels.setMaxProperties(16L);
    labels.getAdditionalProperties().getSchema().setMaxLength(63L);
    var expressions = property(selector, "matchExpressions");
    expressions.setDescription("Requirements on labels, all of which must hold.");
    expressions.setMaxItems(16L);
    var expression = expressions.getItems().getSchema();
    var key = property(expression, "key");
    key.setDescription("The label.");
    key.setMaxLength(317L);
    var operator = property(expression, "operator");
    operator.setDescription("In, NotIn, Exists or DoesNotExist.");
    operator.setMaxLength(12L);
    operator.setPattern("^(In|NotIn|Exists|DoesNotExist)$");
    var values = property(expression, "values");
    values.setDescription("Values for In and NotIn; absent for Exists and DoesNotExist.");
    values.setMaxItems(64L);
    values.getItems().getSchema().setMaxLength(63L);
    require(expression, "key");
    require(expression, "operator");
  }

  private static void require(JSONSchemaProps schema, String name) {
    var required = new TreeSet<>(schema.getRequired());
    required.add(name);
    schema.setRequired(List.copyOf(required));
  }

  private static JSONSchemaProps property(JSONSchemaProps schema, String name) {
    var property = schema.getProperties().get(name);
    if (property == null) {
      throw new IllegalArgumentException("the schema has no field '" + name + "'");
    }
    return property;
  }
}
