package dev.wiremesh.operator.kube;

import com.fasterxml.jackson.databind.ObjectMapper;
import org.jspecify.annotations.Nullable;

/** Whether two API objects would be sent as the same bytes; an empty one equals an absent one. */
public final class Equality {
  private static final ObjectMapper JSON = new ObjectMapper();

  private Equality() {}

  public static boolean same(@Nullable Object one, @Nullable Object other) {
    return JSON.valueToTree(one).equals(JSON.valueToTree(other));
  }
}
