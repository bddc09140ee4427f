package dev.wiremesh.api.json;

import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.Nulls;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.DeserializationContext;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonDeserializer;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.annotation.JsonDeserialize;
import com.fasterxml.jackson.databind.deser.DeserializationProblemHandler;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.ObjectMetaBuilder;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Deserializer of a kind that takes every object of it. A value that cannot be read is removed and
 * named, an unknown field is skipped and named, null is the field's default. Of the metadata it
 * keeps only what the programs use, so that the annotations of one object cannot fill the heap of
 * every agent. Stateless, as Jackson demands.
 *
 * @param <T> the kind
 */
public abstract class MeshObjectDeserializer<T extends HasMetadata & MeshObject>
    extends JsonDeserializer<T> {
  /** An object with more bad values than this keeps nothing of its spec and status. */
  private static final int MOST_REPAIRS = 32;

  private static final int MOST_NAMED = 32;
  private static final int LONGEST_VALUE = 40;
  private static final String OURS = "wiremesh.dev/";
  private static final JsonPointer SPEC = JsonPointer.compile("/spec");

  private static final Set<String> METADATA =
      Set.of(
          "namespace",
          "name",
          "generateName",
          "uid",
          "resourceVersion",
          "generation",
          "creationTimestamp",
          "deletionTimestamp",
          "ownerReferences",
          "labels",
          "annotations");

  private final Class<T> kind;
  private final ObjectMapper mapper;

  protected MeshObjectDeserializer(Class<T> kind) {
    this.kind = kind;
    this.mapper =
        JsonMapper.builder()
            .addMixIn(kind, Plain.class)
            .defaultSetterInfo(JsonSetter.Value.forValueNulls(Nulls.SKIP, Nulls.SKIP))
            .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .build();
  }

  /** Keeps the mapper in here from this class. */
  @JsonDeserialize(using = JsonDeserializer.None.class)
  private abstract static class Plain {}

  @Override
  public T deserialize(JsonParser parser, DeserializationContext context) throws IOException {
    var tree = context.readTree(parser);
    if (!(tree instanceof ObjectNode object)) {
      return context.reportInputMismatch(kind, "%s is no JSON object", kind.getSimpleName());
    }
    trim(object.get("metadata"));
    var unreadable = new ArrayList<String>();
    for (int repairs = 0; repairs < MOST_REPAIRS; repairs++) {
      var unknown = new UnknownFields();
      try {
        T read = mapper.readerFor(kind).withHandler(unknown).readValue(object);
        read.noteReadProblems(new ReadProblems(unreadable, unknown.inSpec));
        return read;
      } catch (JsonMappingException e) {
        var problem = repair(object, pointer(e));
        if (problem != null && unreadable.size() < MOST_NAMED) {
          unreadable.add(problem);
        }
      }
    }
    return metadataOnly(object, unreadable);
  }

  private static void trim(@Nullable JsonNode metadata) {
    if (metadata instanceof ObjectNode fields) {
      fields.retain(METADATA);
      for (var map : List.of("labels", "annotations")) {
        if (fields.get(map) instanceof ObjectNode entries) {
          var foreign = new ArrayList<String>();
          entries
              .fieldNames()
              .forEachRemaining(name -> {
                if (!name.startsWith(OURS)) {
                  foreign.add(name);
                }
              });
          entries.remove(foreign);
        }
      }
    }
  }

  private static JsonPointer pointer(JsonMappingException e) {
    var pointer = JsonPointer.empty();
    for (var step : e.getPath()) {
      pointer =
          step.getFieldName() == null
              ? pointer.appendIndex(Math.max(step.getIndex(), 0))
              : pointer.appendProperty(step.getFieldName());
    }
    return pointer;
  }

  /**
   * Removes the value.
   *
   * @return its name for the user; null if it is no part of the spec, which others wrote
   */
  private static @Nullable String repair(ObjectNode object, JsonPointer bad) {
    var value = object.at(bad);
    var parent = bad.head();
    if (value.isMissingNode() || parent == null) {
      // Jackson does not say where: nothing of the spec can be trusted.
      object.remove("spec");
      object.remove("status");
      return "spec";
    }
    switch (object.at(parent)) {
      case ObjectNode fields -> fields.remove(bad.last().getMatchingProperty());
      case ArrayNode entries -> entries.remove(bad.last().getMatchingIndex());
      default -> object.remove(List.of("spec", "status"));
    }
    return startsWith(bad, SPEC) ? name(bad) + text(value) : null;
  }

  private static boolean startsWith(JsonPointer pointer, JsonPointer first) {
    return first.getMatchingProperty().equals(pointer.getMatchingProperty());
  }

  /** {@code spec.nodes.advertise[1]}. */
  private static String name(JsonPointer pointer) {
    var name = new StringBuilder();
    for (var step = pointer; step != null && !step.matches(); step = step.tail()) {
      if (step.mayMatchElement()) {
        name.append('[').append(step.getMatchingIndex()).append(']');
      } else {
        name.append(name.isEmpty() ? "" : ".").append(step.getMatchingProperty());
      }
    }
    return name.toString();
  }

  private static String text(JsonNode value) {
    if (!value.isValueNode()) {
      return "";
    }
    var text = value.asText();
    return ": " + (text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "..." : text);
  }

  private T metadataOnly(ObjectNode object, List<String> unreadable) throws IOException {
    var metadata = object.path("metadata");
    object.remove(List.of("spec", "status"));
    T read;
    try {
      read = mapper.readerFor(kind).withHandler(new UnknownFields()).readValue(object);
    } catch (JsonMappingException e) {
      read = mapper.readerFor(kind).readValue(mapper.createObjectNode());
      read.setMetadata(
          new ObjectMetaBuilder()
              .withNamespace(metadata.path("namespace").asText(null))
              .withName(metadata.path("name").asText(null))
              .withUid(metadata.path("uid").asText(null))
              .withResourceVersion(metadata.path("resourceVersion").asText(null))
              .build());
    }
    read.noteReadProblems(new ReadProblems(unreadable, List.of()));
    return read;
  }

  private static final class UnknownFields extends DeserializationProblemHandler {
    private final List<String> inSpec = new ArrayList<>();

    @Override
    public boolean handleUnknownProperty(
        DeserializationContext context,
        JsonParser parser,
        JsonDeserializer<?> deserializer,
        Object beanOrClass,
        String name)
        throws IOException {
      var pointer = parser.getParsingContext().pathAsPointer();
      if (startsWith(pointer, SPEC) && inSpec.size() < MOST_NAMED) {
        inSpec.add(name(pointer));
      }
      parser.skipChildren();
      return true;
    }
  }
}
