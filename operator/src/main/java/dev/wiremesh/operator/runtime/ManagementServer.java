package dev.wiremesh.operator.runtime;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * HTTP server for {@code /metrics}, {@code /healthz} and {@code /readyz}. Healthy: no controller is
 * stuck, whatever the API server does. Ready: all caches are filled.
 */
final class ManagementServer implements AutoCloseable {
  private static final String TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  ManagementServer(
      InetSocketAddress listen,
      OperatorMetrics metrics,
      Supplier<Optional<String>> stuckReconciliation,
      BooleanSupplier ready)
      throws IOException {
    server = HttpServer.create(listen, 16);
    server.setExecutor(threads);
    server.createContext(
        "/metrics",
        exchange -> {
          var accepted = exchange.getRequestHeaders().getFirst("Accept");
          var answer = metrics.scrape(accepted);
          reply(exchange, 200, answer.contentType(), answer.text());
        });
    server.createContext(
        "/healthz",
        exchange -> {
          var stuck = stuckReconciliation.get();
          reply(
              exchange,
              stuck.isEmpty() ? 200 : 503,
              TEXT,
              stuck.map(primary -> "stuck at " + primary + "\n").orElse("ok\n"));
        });
    server.createContext(
        "/readyz",
        exchange -> {
          boolean isReady = ready.getAsBoolean();
          reply(exchange, isReady ? 200 : 503, TEXT, isReady ? "ok\n" : "not ready\n");
        });
    server.start();
  }

  InetSocketAddress address() {
    return server.getAddress();
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
