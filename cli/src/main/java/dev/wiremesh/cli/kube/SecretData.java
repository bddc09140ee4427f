package dev.wiremesh.cli.kube;

import java.util.Map;

/**
 * A Secret, as far as the program reads it. Holds keys: {@link #toString} leaves them out.
 *
 * @param data base64 by key
 */
public record SecretData(String type, Map<String, String> data) {
  public SecretData {
    data = Map.copyOf(data);
  }

  @Override
  public String toString() {
    return "SecretData[" + type + "]";
  }
}
