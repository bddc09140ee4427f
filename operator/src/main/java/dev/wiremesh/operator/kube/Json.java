package dev.wiremesh.operator.kube;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** JSON of API objects and patches, as plain Jackson writes it. */
public final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private Json() {}

  /** Whether two API objects have the same JSON; an empty object equals an absent one. */
  public static boolean same(@Nullable Object one, @Nullable Object other) {
    return MAPPER.valueToTree(one).equals(MAPPER.valueToTree(other));
  }

  /** The JSON of a merge patch. Nulls are kept: they remove a field. */
  public static String text(Map<String, ?> object) {
    try {
      return MAPPER.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
