package dev.wiremesh.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.wiremesh.cli.training.KubectlTraining;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The number of classes that a first command loads: the part of its start that does not depend on
 * the machine. Each library below costs a tenth to a third of a start of 0.4 s.
 */
final class KubectlStartTest {
  private static final int MOST_CLASSES_OF_JARS = 420;

  @TempDir private Path folder;
  private HttpServer server = bound();

  @BeforeEach
  void start() {
    server.createContext(
        "/api/v1/namespaces/default/secrets/laptop-wiremesh",
        exchange -> {
          try (exchange;
              var secret =
                  Objects.requireNonNull(
                      KubectlTraining.class.getResourceAsStream("laptop-wiremesh.json"))) {
            var body = secret.readAllBytes();
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
          }
        });
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  @Test
  void confAndQrLoadNoClientLibraryAndNoObjectMapper() throws Exception {
    for (var command : List.of("conf", "qr")) {
      var classes = classesLoadedBy(command, "laptop", "--kubeconfig", kubeconfig().toString());
      assertThat(classes)
          .as(command)
          .contains("dev.wiremesh.cli.KubectlMain")
          .noneMatch(name -> name.startsWith("io.fabric8.kubernetes.client."))
          .noneMatch(name -> name.startsWith("io.fabric8.kubernetes.api.model."))
          .noneMatch(name -> name.startsWith("com.fasterxml.jackson.databind."))
          .noneMatch(name -> name.startsWith("com.fasterxml.jackson.dataformat."))
          .noneMatch(name -> name.startsWith("org.yaml."))
          .noneMatch(name -> name.startsWith("org.slf4j."))
          // Annotations are read by way of such classes, which no cache holds.
          .noneMatch(name -> name.contains("$Proxy"));
      assertThat(
              classes.stream()
                  .filter(name ->
                      name.startsWith("dev.")
                          || name.startsWith("com.fasterxml.")
                          || name.startsWith("picocli."))
                  .count())
          .as(command)
          .isLessThan(MOST_CLASSES_OF_JARS);
    }
  }

  private List<String> classesLoadedBy(String... words) throws Exception {
    var log = folder.resolve("classes");
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load=info:file=" + log + "::filecount=0",
                "-cp",
                System.getProperty("java.class.path"),
                KubectlMain.class.getName()));
    command.addAll(List.of(words));
    var process =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve("output").toFile())
            .redirectError(folder.resolve("errors").toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(folder.resolve("errors"))).isZero();
    try (var lines = Files.lines(log)) {
      return lines
          .map(line -> line.replaceFirst("^(\\[[^]]*])*\\s*", ""))
          .map(line -> line.split(" ", 2)[0])
          .toList();
    }
  }

  private Path kubeconfig() throws IOException {
    return Files.writeString(
        folder.resolve("kubeconfig"),
        """
        apiVersion: v1
        clusters:
        - cluster:
            server: http://127.0.0.1:%d
          name: test
        contexts:
        - context:
            cluster: test
            user: test
          name: test
        current-context: test
        kind: Config
        users:
        - name: test
          user:
            token: test
        """
            .formatted(server.getAddress().getPort()));
  }

  private static HttpServer bound() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
