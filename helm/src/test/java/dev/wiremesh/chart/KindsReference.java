package dev.wiremesh.chart;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.stream.Collectors;

/** The reference page of all fields of all kinds, generated from the chart's CRDs. */
final class KindsReference {
  private static final String BEGINNING =
      """
      # The kinds

      <!-- Made of helm/wiremesh/crds by ReferenceTest; those are made of the classes in crds/: change these. -->

      What `kubectl explain` prints, on one page. A star marks a field that must be there; `[]` is a list. `spec` is
      yours and never written by Wiremesh, but for MeshNode and IPAllocation, which are not to be edited.
      [Troubleshooting](../troubleshooting.md) lists the reasons of the conditions.
      """;

  /** Users write the first two, and read the others. */
  private static final List<String> ORDER =
      List.of("wireguardnetworks", "peers", "meshnodes", "ipallocations");

  private final StringBuilder text = new StringBuilder(BEGINNING);

  private KindsReference() {}

  static String page() throws IOException {
    var page = new KindsReference();
    var folder = Repository.CHART.resolve("crds");
    for (var name : ORDER) {
      page.kind(Chart.YAML.readTree(folder.resolve(name + ".yaml").toFile()));
    }
    try (var files = Files.list(folder)) {
      if (files.count() != ORDER.size()) {
        throw new IllegalStateException("there is a kind that has no place on the page");
      }
    }
    return page.text.toString();
  }

  private void kind(JsonNode crd) {
    var names = crd.at("/spec/names");
    var version = crd.at("/spec/versions/0");
    var schema = version.at("/schema/openAPIV3Schema");
    text.append("\n## ").append(names.path("kind").asText()).append("\n\n");
    text.append(wrapped(cell(schema.path("description")), "")).append("\n\n");
    text.append(
        "%s; `kubectl get %s`, with `-o wide` also %s.\n"
            .formatted(
                crd.at("/spec/scope").asText().equals("Cluster")
                    ? "Belongs to no namespace"
                    : "Belongs to a namespace",
                names.at("/shortNames/0").asText(),
                wideColumns(version)));
    rules(schema);
    for (var part : List.of("spec", "status")) {
      var fields = schema.path("properties").path(part);
      if (!fields.path("properties").isEmpty()) {
        text.append("\n| field | type | what it is |\n| --- | --- | --- |\n");
        fields(part, fields);
      }
    }
  }

  private static String wideColumns(JsonNode version) {
    var wide =
        Chart.elements(version.path("additionalPrinterColumns"))
            .filter(column -> column.path("priority").asInt() > 0)
            .map(column -> column.path("name").asText())
            .collect(Collectors.joining(", "));
    return wide.isEmpty() ? "nothing" : wide;
  }

  private void rules(JsonNode schema) {
    if (schema.has("x-kubernetes-validations")) {
      text.append("\n");
    }
    for (var rule : schema.path("x-kubernetes-validations")) {
      text.append(wrapped("- " + cell(rule.path("message")), "  ")).append("\n");
    }
  }

  /** The text in lines of at most {@link MarkdownWrapTest#COLUMNS}. */
  private static String wrapped(String text, String indent) {
    var lines = new StringBuilder();
    int column = 0;
    for (var word : text.split(" ", -1)) {
      if (column > 0 && column + 1 + word.length() > MarkdownWrapTest.COLUMNS) {
        lines.append('\n').append(indent);
        column = indent.length();
      } else if (column > 0) {
        lines.append(' ');
        column++;
      }
      lines.append(word);
      column += word.length();
    }
    return lines.toString();
  }

  private void fields(String path, JsonNode parent) {
    var required = Chart.elements(parent.path("required")).map(JsonNode::asText).toList();
    for (var entry : parent.path("properties").properties()) {
      var schema = entry.getValue();
      boolean list = schema.has("items");
      var inner = list ? schema.path("items") : schema;
      var name = path + "." + entry.getKey() + (list ? "[]" : "");
      text.append(
          "| `%s`%s | %s | %s |\n"
              .formatted(
                  name,
                  required.contains(entry.getKey()) ? " \\*" : "",
                  type(inner),
                  description(schema)));
      // A selector and a condition are Kubernetes' own, and known.
      if (!List.of("selector", "conditions").contains(entry.getKey())) {
        fields(name, inner);
      }
    }
  }

  private static String type(JsonNode schema) {
    if (schema.has("enum")) {
      return Chart.elements(schema.path("enum"))
          .map(JsonNode::asText)
          .collect(Collectors.joining(", "));
    }
    if (schema.has("minimum") && schema.has("maximum")) {
      return "%s to %s".formatted(schema.path("minimum"), schema.path("maximum"));
    }
    return schema.path("x-kubernetes-int-or-string").asBoolean()
        ? "integer or string"
        : schema.path("type").asText();
  }

  private static String description(JsonNode schema) {
    var description = cell(schema.path("description"));
    return schema.has("default")
        ? "%s Default: `%s`."
            .formatted(description, schema.path("default").toString().replace("|", "\\|"))
            .strip()
        : description;
  }

  private static String cell(JsonNode text) {
    return text.asText().replace("|", "\\|").replace("<", "&lt;").replace("\n", " ");
  }
}
