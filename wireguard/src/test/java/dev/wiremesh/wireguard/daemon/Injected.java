package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.wireguard.device.InjectedDaemon;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes interfaces by {@link InjectedDaemon}: our own, with a clock and constants of the test. */
final class Injected implements Maker, AutoCloseable {
  private final Path folder;
  private final Path clock;
  private final int divisor;
  private final List<String> more;
  private final List<ManagedProcess> started = new ArrayList<>();

  /**
   * @param divisor of the protocol's times
   * @param more identities and peers
   */
  Injected(Path folder, int divisor, String... more) {
    this.folder = folder;
    this.divisor = divisor;
    this.more = List.of(more);
    try {
      this.clock = Files.createTempFile(folder, "clock", "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    setClock(Duration.ZERO);
  }

  /** Sets the wall clock of its interfaces, also of those that run, by so much off the system's. */
  void setClock(Duration offset) {
    try {
      // Exchanged, not written: nobody may read half of it.
      var next = Files.writeString(folder.resolve("next"), Long.toString(offset.toSeconds()));
      Files.move(next, clock, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void make(Host host, String name) {
    var command =
        new ArrayList<>(
            List.of(
                System.getProperty("java.home") + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                InjectedDaemon.class.getName(),
                name,
                Integer.toString(divisor),
                clock.toString()));
    command.addAll(more);
    var process =
        host.start(
            "injected daemon",
            command,
            Map.of(),
            folder.resolve(host.name() + started.size() + ".log"));
    started.add(process);
    await()
        .atMost(Duration.ofSeconds(90))
        .untilAsserted(() ->
            assertThat(host.command("wg", "show", name).run().succeeded())
                .as(() -> process.lastLines(20))
                .isTrue());
  }

  @Override
  public void close() {
    started.forEach(ManagedProcess::close);
  }
}
