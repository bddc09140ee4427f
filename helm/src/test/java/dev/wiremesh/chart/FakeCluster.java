package dev.wiremesh.chart;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A fake API server for the chart's {@code lookup}: namespaces with labels. Helm finds it through
 * $KUBECONFIG, which the build sets to a file in its output.
 */
final class FakeCluster {
  /** Labels by namespace, as JSON. */
  private final Map<String, String> namespaces = new ConcurrentHashMap<>();

  private FakeCluster() {}

  static FakeCluster start() {
    try {
      var cluster = new FakeCluster();
      var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext("/", cluster::answer);
      server.start();
      var url = "http://127.0.0.1:" + server.getAddress().getPort();
      Repository.write(
          Path.of(System.getenv("KUBECONFIG")),
          """
          apiVersion: v1
          kind: Config
          clusters: [{name: fake, cluster: {server: "%s"}}]
          contexts: [{name: fake, context: {cluster: fake}}]
          current-context: fake
          """
              .formatted(url));
      return cluster;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void namespace(String name, String labels) {
    namespaces.put(name, labels);
  }

  private void answer(HttpExchange exchange) throws IOException {
    var path = exchange.getRequestURI().getPath();
    var name = path.substring(path.lastIndexOf('/') + 1);
    if (path.equals("/api/v1")) {
      reply(
          exchange,
          200,
          """
          {"kind": "APIResourceList", "groupVersion": "v1", "resources": [
            {"name": "namespaces", "kind": "Namespace", "namespaced": false, "verbs": ["get"]}]}
          """);
    } else if (path.startsWith("/api/v1/namespaces/") && namespaces.containsKey(name)) {
      reply(
          exchange,
          200,
          """
          {"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "%s", "labels": %s}}
          """
              .formatted(name, namespaces.get(name)));
    } else {
      reply(
          exchange,
          404,
          """
          {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
          """);
    }
  }

  private static void reply(HttpExchange exchange, int status, String json) throws IOException {
    var body = json.getBytes(java.nio.charset.StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", "application/json");
    exchange.sendResponseHeaders(status, body.length);
    try (var out = exchange.getResponseBody()) {
      out.write(body);
    }
  }
}
