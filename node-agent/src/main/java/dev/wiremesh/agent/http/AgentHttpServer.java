package dev.wiremesh.agent.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP server of {@code /metrics}, {@code /healthz} and {@code /readyz}. An address that is taken
 * by another program is tried again in the background: packets do not depend on it.
 *
 * <p>Owns its platform threads. Health has threads apart from those of scrapes, so that a slow
 * scrape delays no health check, and so does nothing else in the process.
 */
public final class AgentHttpServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AgentHttpServer.class);
  private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String PLAIN_TEXT = "text/plain; charset=utf-8";

  private static final int HEALTH_THREADS = 4;
  private static final int SCRAPE_THREADS = 2;
  private static final int WAITING_SCRAPES = 8;

  static {
    // Seconds; the JDK's server waits without an end for a client that neither sends nor reads.
    setUnlessSet("sun.net.httpserver.maxReqTime", "10");
    setUnlessSet("sun.net.httpserver.maxRspTime", "60");
  }

  private static void setUnlessSet(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  /** The content of the server: metrics as text, and the two health checks. */
  public record Content(Supplier<String> metrics, BooleanSupplier alive, BooleanSupplier ready) {}

  private final InetSocketAddress listen;
  private final Content content;
  private final ExecutorService requests =
      Executors.newFixedThreadPool(HEALTH_THREADS, threads("http"));
  private final ExecutorService scrapes =
      new ThreadPoolExecutor(
          SCRAPE_THREADS,
          SCRAPE_THREADS,
          0,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(WAITING_SCRAPES),
          threads("scrape"));
  private final ScheduledExecutorService retries =
      Executors.newSingleThreadScheduledExecutor(threads("http retry"));

  private volatile @Nullable HttpServer server;
  private boolean closed; // Guarded by this.

  private AgentHttpServer(InetSocketAddress listen, Content content) {
    this.listen = listen;
    this.content = content;
  }

  /**
   * Serves as soon as the address is free.
   *
   * @param retryEvery pause between tries
   */
  public static AgentHttpServer start(
      InetSocketAddress listen, Content content, Duration retryEvery) {
    var started = new AgentHttpServer(listen, content);
    try {
      started.open();
    } catch (IOException e) {
      log.atError()
          .addKeyValue("address", listen)
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Metrics and health are not served, retrying; packets are not affected");
      var _ =
          started.retries.scheduleWithFixedDelay(
              started::retry, retryEvery.toMillis(), retryEvery.toMillis(), TimeUnit.MILLISECONDS);
    }
    return started;
  }

  private void retry() {
    try {
      open();
      log.atInfo().addKeyValue("address", listen).log("Metrics and health are served");
      retries.shutdown();
    } catch (IOException e) {
      log.atDebug()
          .addKeyValue("address", listen)
          .addKeyValue("cause", String.valueOf(e.getMessage()))
          .log("Metrics and health are still not served");
    }
  }

  private synchronized void open() throws IOException {
    if (closed) {
      return;
    }
    var opened = HttpServer.create(listen, 0);
    opened.setExecutor(requests);
    opened.createContext("/metrics", this::scrape);
    opened.createContext("/healthz", exchange -> answer(exchange, content.alive()));
    opened.createContext("/readyz", exchange -> answer(exchange, content.ready()));
    opened.start();
    server = opened;
  }

  /** The bound address, also when the system chose the port; empty while the address is taken. */
  public Optional<InetSocketAddress> address() {
    return Optional.ofNullable(server).map(HttpServer::getAddress);
  }

  private void scrape(HttpExchange exchange) throws IOException {
    try {
      scrapes.execute(() -> answerScrape(exchange));
    } catch (RejectedExecutionException e) {
      answer(exchange, 503, PLAIN_TEXT, "too many scrapes at once\n");
    }
  }

  private void answerScrape(HttpExchange exchange) {
    try (exchange) {
      answer(exchange, 200, PROMETHEUS_TEXT, content.metrics().get());
    } catch (IOException e) {
      log.atDebug().setCause(e).log("Scrape not answered");
    }
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

  private static ThreadFactory threads(String name) {
    return Thread.ofPlatform().daemon().name(name + " ", 1).factory();
  }

  @Override
  public void close() {
    synchronized (this) {
      closed = true;
    }
    retries.shutdownNow();
    var open = server;
    if (open != null) {
      open.stop(0);
    }
    requests.shutdownNow();
    scrapes.shutdownNow();
  }
}
