package dev.wiremesh.images;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.cloud.tools.jib.api.Containerizer;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An image goes to a registry on loopback, whose certificate is self-signed. */
class PushTest {
  @TempDir private Path folder;
  private final Map<String, byte[]> stored = new ConcurrentHashMap<>();
  private final AtomicInteger uploads = new AtomicInteger();
  private HttpServer server;

  @BeforeEach
  void startRegistry() throws Exception {
    var https = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    https.setHttpsConfigurator(new HttpsConfigurator(ofItsOwnMaking()));
    server = https;
    server.createContext("/v2/", this::answer);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
  }

  /** TLS with a self-signed certificate. */
  private SSLContext ofItsOwnMaking() throws Exception {
    var store = folder.resolve("store.p12");
    Commands.run(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
            "-genkeypair",
            "-alias",
            "registry",
            "-keyalg",
            "EC",
            "-dname",
            "CN=localhost",
            "-storepass",
            "password",
            "-keystore",
            store.toString()));
    var keys = KeyStore.getInstance(store.toFile(), "password".toCharArray());
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "password".toCharArray());
    var context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }

  @AfterEach
  void stopRegistry() {
    server.stop(0);
  }

  @Test
  void imageAndItsLayersArriveWhole() throws Exception {
    var runtime = Files.createDirectories(folder.resolve("java"));
    Files.writeString(runtime.resolve("release"), "no Java, but nothing runs it");
    var jars = Files.createDirectories(folder.resolve("jars"));
    Files.writeString(jars.resolve("wiremesh-hello.jar"), "a jar");
    var program =
        new Program(
            new Program.Label("hello", "Hello", "Says hello."),
            new Program.App("Hello", jars, folder.resolve("no-bill")),
            Program.MachineFiles.NONE,
            "65532:65532",
            Optional.empty());
    var name = "127.0.0.1:%d/wiremesh/hello:1".formatted(server.getAddress().getPort());

    var made =
        Image.containerize(
            new Image(program, "1", folder.resolve("work")).onThisMachinesBase(runtime),
            Containerizer.to(Image.registry(name)),
            Image.isOnLoopback(name),
            folder.resolve("cache"));

    var manifest = json(pushed("/v2/wiremesh/hello/manifests/1"));
    var config = json(pushed(digest(manifest.path("config"))));
    assertThat(config.at("/config/Labels/org.opencontainers.image.title").asText())
        .isEqualTo("Hello");
    assertThat(manifest.path("layers")).isNotEmpty();
    for (var layer : manifest.path("layers")) {
      assertThat(pushed(digest(layer))).hasSize(layer.path("size").asInt());
    }
    assertThat(made.getDigest().toString())
        .isEqualTo("sha256:" + sha256(pushed("/v2/wiremesh/hello/manifests/1")));
  }

  private byte[] pushed(String what) {
    return requireNonNull(stored.get(what), () -> what + " did not arrive: " + stored.keySet());
  }

  private static String digest(JsonNode descriptor) {
    return descriptor.path("digest").asText();
  }

  private static JsonNode json(byte[] text) throws IOException {
    return new ObjectMapper().readTree(text);
  }

  /** As much of the distribution specification as a push needs. */
  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath();
      var body = exchange.getRequestBody().readAllBytes();
      switch (exchange.getRequestMethod()) {
        case "POST" -> accepted(exchange, path + uploads.incrementAndGet());
        case "PATCH" -> {
          stored.put(path, body);
          accepted(exchange, path);
        }
        case "PUT" -> {
          if (path.contains("/manifests/")) {
            stored.put(path, body);
          } else {
            var content = requireNonNull(stored.remove(path), path);
            stored.put("sha256:" + sha256(content), content);
          }
          exchange.sendResponseHeaders(201, -1);
        }
        default -> exchange.sendResponseHeaders(path.equals("/v2/") ? 200 : 404, -1);
      }
    }
  }

  private static void accepted(HttpExchange exchange, String location) throws IOException {
    exchange.getResponseHeaders().add("Location", location);
    exchange.sendResponseHeaders(202, -1);
  }

  private static String sha256(byte[] content) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
    } catch (java.security.NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }
}
