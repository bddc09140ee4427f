package dev.wiremesh.operator.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** Requests to the HTTP port of a running operator. */
final class OperatorHttp {
  private OperatorHttp() {}

  static String metrics(OperatorRuntime operator) throws IOException, InterruptedException {
    return get(operator, "/metrics");
  }

  /** The body of an answer with status 200. */
  static String get(OperatorRuntime operator, String path)
      throws IOException, InterruptedException {
    var uri = URI.create("http://127.0.0.1:" + operator.httpAddress().getPort() + path);
    try (var http = HttpClient.newHttpClient()) {
      var answer = http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
      assertThat(answer.statusCode()).as(path).isEqualTo(200);
      return answer.body();
    }
  }
}
