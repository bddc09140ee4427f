package dev.wiremesh.cli.training;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

/**
 * The training run of the program's AOT cache (JEP 514): its commands, against an API server of its
 * own on loopback with TLS, so that a real run finds all of its classes loaded and linked. The key
 * is made for the run and lasts a day.
 */
public final class KubectlTraining {
  private static final String PASSWORD = "training";
  private static final List<List<String>> COMMANDS =
      List.of(
          List.of("--help"),
          List.of("version"),
          List.of("conf", "--help"),
          List.of("conf", "laptop"),
          List.of("conf", "laptop", "--format", "networkd"),
          List.of("conf", "laptop", "--format", "openwrt"),
          List.of("conf", "missing"),
          List.of("qr", "laptop"),
          List.of("status"),
          List.of("status", "-o", "json"),
          List.of("status", "laptop"));

  private KubectlTraining() {}

  /** Runs the commands; leaves nothing behind. */
  public static void run(Consumer<List<String>> program) {
    try {
      var folder = Files.createTempDirectory("wiremesh-training-");
      try {
        run(program, folder);
      } finally {
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no TLS", e);
    }
  }

  private static void run(Consumer<List<String>> program, Path folder)
      throws IOException, GeneralSecurityException {
    var keys = keys(folder.resolve("keys.p12"));
    var server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setHttpsConfigurator(new HttpsConfigurator(tls(keys)));
    server.createContext("/", KubectlTraining::answer);
    server.start();
    try {
      var kubeconfig = folder.resolve("kubeconfig");
      Files.writeString(kubeconfig, kubeconfig(server.getAddress().getPort(), certificate(keys)));
      for (var command : COMMANDS) {
        var words = new ArrayList<>(command);
        if (!List.of("--help", "version").contains(command.getLast())) {
          words.addAll(List.of("--kubeconfig", kubeconfig.toString()));
        }
        program.accept(words);
      }
    } finally {
      server.stop(0);
    }
  }

  /** A self-signed certificate; the JDK has no interface for one but its tool. */
  private static KeyStore keys(Path file) throws IOException, GeneralSecurityException {
    var keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "san=ip:127.0.0.1",
                "-validity",
                "1",
                "-keystore",
                file.toString(),
                "-storepass",
                PASSWORD)
            .inheritIO()
            .start();
    try {
      if (keytool.waitFor() != 0) {
        throw new IOException("keytool failed");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    return KeyStore.getInstance(file.toFile(), PASSWORD.toCharArray());
  }

  private static SSLContext tls(KeyStore keys) throws GeneralSecurityException {
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    var tls = SSLContext.getInstance("TLS");
    tls.init(managers.getKeyManagers(), null, null);
    return tls;
  }

  private static String certificate(KeyStore keys) throws GeneralSecurityException {
    var encoder = Base64.getMimeEncoder(64, new byte[] {'\n'});
    return "-----BEGIN CERTIFICATE-----\n"
        + encoder.encodeToString(keys.getCertificate("server").getEncoded())
        + "\n-----END CERTIFICATE-----\n";
  }

  private static String kubeconfig(int port, String certificate) {
    return """
    apiVersion: v1
    clusters:
    - cluster:
        certificate-authority-data: %2$s
        server: https://127.0.0.1:%1$d
      name: training
    contexts:
    - context:
        cluster: training
        user: training
      name: training
    current-context: training
    kind: Config
    preferences: {}
    users:
    - name: training
      user:
        token: training
    """
        .formatted(
            port, Base64.getEncoder().encodeToString(certificate.getBytes(StandardCharsets.UTF_8)));
  }

  private static void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      var path = exchange.getRequestURI().getPath();
      var name = path.substring(path.lastIndexOf('/') + 1);
      var answer = KubectlTraining.class.getResourceAsStream(name + ".json");
      if (answer == null) {
        var body =
            "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"status\":\"Failure\",\"code\":404}"
                .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(404, body.length);
        exchange.getResponseBody().write(body);
        return;
      }
      try (answer) {
        var body = answer.readAllBytes();
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(200, body.length);
        exchange.getResponseBody().write(body);
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    try (var files = Files.list(folder)) {
      for (var file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
  }
}
