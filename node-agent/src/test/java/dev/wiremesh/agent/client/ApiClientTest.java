package dev.wiremesh.agent.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.PatternLayout;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.read.ListAppender;
import com.sun.net.httpserver.HttpServer;
import dev.wiremesh.agent.watch.Informers;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/** Tokens in files of all kinds are sent trimmed, or not at all; no log level prints one. */
final class ApiClientTest {
  private static final String SECRET = "s3cr3t-t0ken";
  private static final String JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZ2VudCJ9.c2lnbmF0dXJl";

  private final BlockingQueue<String> authorizations = new LinkedBlockingQueue<>();
  private final HttpServer server;
  private final Path file;
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private @Nullable Appender<ILoggingEvent> console;
  private final Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);

  ApiClientTest(@TempDir Path folder) throws IOException {
    file = folder.resolve("token");
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          try (exchange) {
            var headers = exchange.getRequestHeaders().get("Authorization");
            authorizations.add(headers == null ? "none" : String.join(",", headers));
            exchange.sendResponseHeaders(403, -1);
          }
        });
  }

  @BeforeEach
  void listen() {
    server.start();
    log.start();
    console = root.getAppender("STDOUT");
    root.detachAppender(console);
    root.addAppender(log);
    root.setLevel(Level.DEBUG);
  }

  @AfterEach
  void stop() {
    root.setLevel(Level.ERROR);
    root.detachAppender(log);
    root.addAppender(console);
    server.stop(0);
  }

  static List<String> around() {
    return List.of(
        SECRET,
        SECRET + "\n",
        SECRET + "\r\n",
        "  " + SECRET + " \t",
        "\n\n" + SECRET + "\n\n",
        "\uFEFF" + SECRET + "\n");
  }

  @ParameterizedTest
  @MethodSource("around")
  void whiteSpaceAroundTheTokenIsNotSent(String content) throws Exception {
    Files.writeString(file, content);
    assertThat(firstAuthorization()).isEqualTo("Bearer " + SECRET);
    assertThat(logged()).doesNotContain(SECRET);
  }

  @Test
  void emptyFileSendsNoToken() throws Exception {
    for (var content : List.of("", "\n", " \r\n")) {
      Files.writeString(file, content);
      assertThat(firstAuthorization()).isEqualTo("none");
    }
  }

  static List<byte[]> unusable() {
    return List.of(
        bytes(SECRET + "\n" + SECRET),
        bytes("token: " + SECRET),
        bytes(SECRET + "\u0007"),
        bytes(SECRET + "é"),
        new byte[] {
          (byte) 0xff, (byte) 0xfe, 0, 1, 's', '3', 'c', 'r', '3', 't', '-', (byte) 0x80
        });
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void tokenThatCannotBeSentIsNotLogged(byte[] content) throws Exception {
    Files.write(file, content);
    try (var client = ApiClient.of(this::config);
        var informers = new Informers(client, "default", () -> {})) {
      Awaitility.await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> logged().contains("Watch failed"));
      assertThat(informers.synced()).isFalse();
      assertThatThrownBy(() -> client.pods().list()).hasMessageNotContaining("s3cr3t");
    }
    assertThat(authorizations).containsOnly("none");
    assertThat(logged()).containsOnlyOnce("write the token alone").doesNotContain("s3cr3t");
  }

  @Test
  void newTokenIsReadWhileTheClientRuns() throws Exception {
    Files.writeString(file, "first\n");
    var token = new BearerToken(this::config, new Ticks()::next);
    assertThat(token.getToken()).isEqualTo("first");
    Files.writeString(file, "second\n");
    assertThat(token.getToken()).isEqualTo("second");
  }

  @Test
  void unreadableConfigurationIsNotQuoted() {
    assertThatThrownBy(() ->
            ApiClient.of(() -> {
              throw new IllegalArgumentException("token: " + SECRET);
            }))
        .hasMessageContaining("IllegalArgumentException")
        .hasMessageNotContaining(SECRET)
        .hasNoCause();
  }

  /** A library may quote a header in an exception of its own. */
  @Test
  void layoutHidesTokens() throws IOException {
    var layout = new PatternLayout();
    layout.setContext(root.getLoggerContext());
    layout.setPattern(shippedPattern());
    layout.start();
    var logger = (Logger) LoggerFactory.getLogger(ApiClientTest.class);
    logger.setLevel(Level.INFO);
    logger
        .atInfo()
        .addKeyValue("cause", "invalid header value: \"Bearer " + SECRET + "\n\"")
        .setCause(new IllegalStateException("token " + JWT))
        .log("Watch failed");
    var text = layout.doLayout(log.list.getLast());
    assertThat(text)
        .contains("Watch failed", "(token)", "IllegalStateException")
        .doesNotContain(SECRET)
        .doesNotContain("eyJ");
  }

  private static String shippedPattern() throws IOException {
    try (var file =
        Objects.requireNonNull(
            ApiClientTest.class.getResourceAsStream("/wiremesh-agent-logback.xml"))) {
      var text = new String(file.readAllBytes(), StandardCharsets.UTF_8);
      return text.substring(text.indexOf("<pattern>") + 9, text.indexOf("</pattern>"));
    }
  }

  private String firstAuthorization() throws InterruptedException {
    authorizations.clear();
    try (var client = ApiClient.of(this::config)) {
      assertThatThrownBy(() -> client.pods().list()).isInstanceOf(KubernetesClientException.class);
    }
    return Objects.requireNonNull(authorizations.poll(60, TimeUnit.SECONDS));
  }

  /** As the client reads the token of a pod's ServiceAccount: the file as it is. */
  private Config config() {
    try {
      return new ConfigBuilder(Config.empty())
          .withMasterUrl("http://127.0.0.1:" + server.getAddress().getPort())
          .withRequestRetryBackoffLimit(0)
          .withAutoOAuthToken(new String(Files.readAllBytes(file), StandardCharsets.UTF_8))
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String logged() {
    return List.copyOf(log.list).stream()
        .map(event ->
            event.getFormattedMessage()
                + " "
                + event.getKeyValuePairs()
                + " "
                + (event.getThrowableProxy() == null ? "" : event.getThrowableProxy().getMessage()))
        .collect(Collectors.joining("\n"));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** A clock that advances by a minute with each reading. */
  private static final class Ticks {
    private long nanos;

    long next() {
      nanos += Duration.ofMinutes(1).toNanos();
      return nanos;
    }
  }
}
