package dev.wiremesh.operator.keys;

import io.fabric8.kubernetes.api.model.Secret;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Decodes and encodes the entries of a Secret. */
public final class SecretData {
  private SecretData() {}

  /** The entry; empty if there is none, or if it is not base64. */
  public static Optional<String> text(Secret secret, String key) {
    var data = secret.getData();
    var value = data == null ? null : data.get(key);
    if (value == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(new String(Base64.getDecoder().decode(value), StandardCharsets.UTF_8));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  public static Map<String, String> encoded(Map<String, String> texts) {
    var data = new LinkedHashMap<String, String>();
    texts.forEach((key, text) ->
        data.put(key, Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8))));
    return data;
  }
}
