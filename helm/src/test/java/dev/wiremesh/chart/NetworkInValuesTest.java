package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * The network in the values has exactly the fields of its kind: the API server would silently drop
 * unknown ones. -Dgolden.update adds the new fields of the kind.
 */
class NetworkInValuesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Keywords that both dialects of JSON Schema share. */
  private static final Set<String> TAKEN_OVER =
      Set.of(
          "type",
          "enum",
          "required",
          "pattern",
          "minLength",
          "maxLength",
          "minimum",
          "maximum",
          "minItems",
          "maxItems");

  @Test
  void schemaOfTheNetworkIsThatOfItsKind() throws IOException {
    var file = Repository.CHART.resolve("values.schema.json");
    var schema = (ObjectNode) JSON.readTree(Repository.read(file));
    var network = (ObjectNode) schema.at("/properties/network/properties");
    var wanted =
        strict(
            Chart.YAML
                .readTree(Repository.CHART.resolve("crds/wireguardnetworks.yaml").toFile())
                .at("/spec/versions/0/schema/openAPIV3Schema/properties/spec"));
    if (Repository.UPDATE) {
      network.set("spec", wanted);
      Repository.write(file, JSON.writer(printer()).writeValueAsString(schema) + "\n");
    }
    assertThat(network.get("spec"))
        .as("fields of network.spec: -Dgolden.update brings them up to date")
        .isEqualTo(wanted);
  }

  private static ObjectNode strict(JsonNode schema) {
    var strict = JSON.createObjectNode();
    schema
        .properties()
        .forEach(entry -> {
          if (TAKEN_OVER.contains(entry.getKey())) {
            strict.set(entry.getKey(), entry.getValue().deepCopy());
          }
        });
    if (schema.has("items")) {
      strict.set("items", strict(schema.get("items")));
    }
    if (schema.path("additionalProperties").isObject()) {
      strict.set("additionalProperties", strict(schema.get("additionalProperties")));
    } else if (schema.path("type").asText().equals("object")) {
      strict.put("additionalProperties", false);
    }
    if (schema.has("properties")) {
      var properties = strict.putObject("properties");
      schema
          .get("properties")
          .properties()
          .forEach(it -> properties.set(it.getKey(), strict(it.getValue())));
    }
    return strict;
  }

  private static DefaultPrettyPrinter printer() {
    var separators =
        Separators.createDefaultInstance()
            .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
            .withArrayEmptySeparator("")
            .withObjectEmptySeparator("");
    var printer = new DefaultPrettyPrinter(separators);
    printer.indentArraysWith(DefaultIndenter.SYSTEM_LINEFEED_INSTANCE);
    return printer;
  }
}
