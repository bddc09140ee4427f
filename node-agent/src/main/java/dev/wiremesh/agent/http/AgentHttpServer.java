package dev.wiremesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/** HTTP server of {@code /metrics}, {@code /healthz} and {@code /readyz}. */
public final class AgentHttpServer implements AutoCloseable {
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  private AgentHttpServer(HttpServer server) {
    this.server = server;
  }

  /**
   * @param alive whether the control loop runs
   * @param ready whether all networks are known and applied
   */
  public static AgentHttpServer start(
      InetSocketAddress listen,
      Supplier<String> metrics,
      BooleanSupplier alive,
      BooleanSupplier ready)
      throws IOException {
    var endpoint = new AgentHttpServer(HttpServer.create(listen, 0));
    endpoint.server.setExecutor(endpoint.threads);
    endpoint.server.createContext(
        "/metrics", exchange -> answer(exchange, 200, PROMETHEUS_TEXT, metrics.get()));
    endpoint.server.createContext("/healthz", exchange -> answer(exchange, alive));
    endpoint.server.createContext("/readyz", exchange -> answer(exchange, ready));
    endpoint.server.start();
    return endpoint;
  }

  /** The bound address, also when the system chose the port. */
  public InetSocketAddress address() {
    return server.getAddress();
  }

  private static void answer(HttpExchange exchange, BooleanSupplier well) throws IOException {
    boolean is = well.getAsBoolean();
    answer(exchange, is ? 200 : 503, PLAIN_TEXT, is ? "ok\n" : "not yet\n");
  }

  private static void answer(HttpExchange exchange, int code, String type, String text)
      throws IOException {
    try (exchange) {
      var bytes = text.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("Content-Type", type);
      exchange.sendResponseHeaders(code, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}
