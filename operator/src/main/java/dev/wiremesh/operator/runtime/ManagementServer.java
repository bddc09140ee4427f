package dev.wiremesh.operator.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Metrics and health over HTTP: {@code /metrics}; {@code /healthz}, which tells that the process
 * answers and no controller is wedged, whatever the API server does; {@code /readyz}, which tells
 * that it sees the cluster. Outlives the runtime that it asks, so that an API server that is away
 * has nobody restart the process.
 */
public final class ManagementServer implements AutoCloseable {
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private volatile @Nullable OperatorRuntime runtime;

  public ManagementServer(InetSocketAddress listen) throws IOException {
    server = HttpServer.create(listen, 16);
    server.setExecutor(threads);
    server.createContext("/metrics", this::metrics);
    server.createContext("/healthz", this::health);
    server.createContext("/readyz", this::readiness);
    server.start();
  }

  /** From now on it answers for this runtime; null: for none. */
  public void answerFor(@Nullable OperatorRuntime current) {
    runtime = current;
  }

  public InetSocketAddress address() {
    return server.getAddress();
  }

  private void metrics(HttpExchange exchange) throws IOException {
    var current = runtime;
    if (current == null) {
      reply(exchange, 503, TEXT, "not ready\n");
      return;
    }
    var answer = current.metrics().scrape(exchange.getRequestHeaders().getFirst("Accept"));
    reply(exchange, 200, answer.contentType(), answer.text());
  }

  private void health(HttpExchange exchange) throws IOException {
    var current = runtime;
    var wedged = current == null ? Optional.<String>empty() : current.trouble();
    reply(
        exchange,
        wedged.isEmpty() ? 200 : 503,
        TEXT,
        wedged.map(it -> "wedged at " + it + "\n").orElse("ok\n"));
  }

  private void readiness(HttpExchange exchange) throws IOException {
    var current = runtime;
    boolean isReady = current != null && current.isReady();
    reply(exchange, isReady ? 200 : 503, TEXT, isReady ? "ok\n" : "not ready\n");
  }

  private static void reply(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    try (exchange) {
      if (!exchange.getRequestMethod().equals("GET")) {
        exchange.sendResponseHeaders(405, -1);
        return;
      }
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
