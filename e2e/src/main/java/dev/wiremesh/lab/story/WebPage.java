package dev.wiremesh.lab.story;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** A page of a megabyte of the {@link #MARKER}, served by the JDK's web server on a machine. */
final class WebPage implements AutoCloseable {
  /** Text in every payload of a story, which no packet of the underlay may hold. */
  static final String MARKER = "wiremesh";

  static final int BYTES = 1 << 20;
  private static final int FETCH_SECONDS = 10;

  // Bash has TCP of its own: no client must be installed.
  private static final String FETCH =
      "exec 3<>/dev/tcp/$1/$2 && printf 'GET /page HTTP/1.0\\r\\n\\r\\n' >&3 && wc -c <&3";

  private final ManagedProcess server;

  private WebPage(ManagedProcess server) {
    this.server = server;
  }

  /** Serves on a port of all addresses of a machine. */
  static WebPage serve(Host host, int port, Path folder) {
    try {
      Files.createDirectories(folder);
      Files.writeString(folder.resolve("page"), MARKER.repeat(BYTES / MARKER.length()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return new WebPage(
        host.start(
            "web server",
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xmx32m",
                "-m",
                "jdk.httpserver",
                "-b",
                "0.0.0.0",
                "-p",
                Integer.toString(port),
                "-d",
                folder.toAbsolutePath().toString()),
            Map.of(),
            folder.resolveSibling(host.name() + "-web.log")));
  }

  /** Whether a machine gets the whole page from an address. */
  static boolean fetch(Host from, String address, int port) {
    var fetched =
        from.command(
                "timeout",
                Integer.toString(FETCH_SECONDS),
                "bash",
                "-c",
                FETCH,
                "bash",
                address,
                Integer.toString(port))
            .withTimeout(Duration.ofSeconds(2 * FETCH_SECONDS))
            .run();
    return fetched.succeeded() && Long.parseLong(fetched.output().strip()) > BYTES;
  }

  @Override
  public void close() {
    server.kill();
  }
}
