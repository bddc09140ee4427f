package dev.wiremesh.agent.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.FreePort;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

final class AgentHttpServerTest {
  private static final Duration RETRY = Duration.ofMillis(20);
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @AutoClose private final HttpClient client = HttpClient.newHttpClient();
  private final AtomicBoolean ready = new AtomicBoolean(true);

  @Test
  void metricsAndHealthAreServed() throws Exception {
    try (var server = start(0, () -> "up 1\n")) {
      int port = server.address().orElseThrow().getPort();
      assertThat(get(port, "/metrics").body()).isEqualTo("up 1\n");
      assertThat(get(port, "/healthz").statusCode()).isEqualTo(200);
      assertThat(get(port, "/readyz").statusCode()).isEqualTo(200);
      ready.set(false);
      assertThat(get(port, "/readyz").statusCode()).isEqualTo(503);
    }
  }

  @Test
  void takenPortIsTriedAgainUntilItIsFree() throws Exception {
    int port = FreePort.choose();
    var other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    try (var server = start(port, () -> "up 1\n")) {
      assertThat(server.address()).isEmpty();
      other.close();
      await().atMost(PATIENCE).until(() -> server.address().isPresent());
      assertThat(get(port, "/metrics").body()).isEqualTo("up 1\n");
    }
  }

  @Test
  void closedServerDoesNotListenLater() throws Exception {
    int port = FreePort.choose();
    var other = new ServerSocket(port, 1, InetAddress.getLoopbackAddress());
    start(port, () -> "").close();
    other.close();
    try (var free = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(free.isBound()).isTrue();
    }
  }

  @Test
  void hangingScrapesDelayNoHealthCheck() throws Exception {
    var hang = new CountDownLatch(1);
    try (var server =
        start(
            0,
            () -> {
              awaitQuietly(hang);
              return "late\n";
            })) {
      int port = server.address().orElseThrow().getPort();
      var scrapes = new ArrayList<CompletableFuture<HttpResponse<String>>>();
      for (int i = 0; i < 20; i++) {
        scrapes.add(client.sendAsync(request(port, "/metrics"), text()));
      }
      // Ten scrapes run or wait; the others are refused at once.
      await()
          .atMost(PATIENCE)
          .until(() -> scrapes.stream().filter(scrape -> scrape.isDone()).count() == 10);
      assertThat(get(port, "/healthz").statusCode()).isEqualTo(200);
      hang.countDown();
      await().atMost(PATIENCE).until(() -> scrapes.stream().allMatch(scrape -> scrape.isDone()));
      assertThat(scrapes).extracting(scrape -> scrape.join().statusCode()).containsOnly(200, 503);
    }
  }

  private AgentHttpServer start(int port, Supplier<String> metrics) {
    return AgentHttpServer.start(
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        new AgentHttpServer.Content(metrics, () -> true, ready::get),
        RETRY);
  }

  private HttpResponse<String> get(int port, String path) throws IOException, InterruptedException {
    return client.send(request(port, path), text());
  }

  private static HttpRequest request(int port, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
        .timeout(PATIENCE)
        .build();
  }

  private static HttpResponse.BodyHandler<String> text() {
    return HttpResponse.BodyHandlers.ofString();
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
