package dev.wiremesh.cli.kube;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
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

  /**
   * Reads a Secret's JSON token by token: a mapper of objects would take a tenth of the time of a
   * command to start.
   */
  static SecretData parse(String json) throws IOException {
    var type = "";
    var data = new HashMap<String, String>();
    try (var parser = new JsonFactory().createParser(json)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        var field = parser.currentName();
        parser.nextToken();
        switch (field) {
          case "type" -> type = parser.getValueAsString("");
          case "data" -> readData(parser, data);
          default -> parser.skipChildren();
        }
      }
    }
    return new SecretData(type, data);
  }

  private static void readData(JsonParser parser, Map<String, String> data) throws IOException {
    while (parser.currentToken() != JsonToken.VALUE_NULL
        && parser.nextToken() == JsonToken.FIELD_NAME) {
      var key = parser.currentName();
      parser.nextToken();
      data.put(key, parser.getValueAsString(""));
      parser.skipChildren();
    }
  }

  @Override
  public String toString() {
    return "SecretData[" + type + "]";
  }
}
