package dev.wiremesh.wireguard.daemon;

import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.CommandFailedException;
import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.testkit.process.ManagedProcess;
import dev.wiremesh.wireguard.engine.InjectedDaemon;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.core.ConditionTimeoutException;

/** Makes interfaces by {@link InjectedDaemon}: our own, with a clock and constants of the test. */
final class Injected implements Maker, AutoCloseable {
  private final Path folder;
  private final WallClock clock;
  private final int divisor;
  private final List<String> more;
  private final List<ManagedProcess> started = new ArrayList<>();

  /** With the system's clock. */
  Injected(Path folder, int divisor, String... more) {
    this(folder, new WallClock(folder), divisor, more);
  }

  /**
   * @param clock of its interfaces
   * @param divisor of the protocol's times
   * @param more identities and peers
   */
  Injected(Path folder, WallClock clock, int divisor, String... more) {
    this.folder = folder;
    this.divisor = divisor;
    this.more = List.of(more);
    this.clock = clock;
  }

  @Override
  public void make(Host host, String name) {
    var arguments =
        new ArrayList<>(List.of(name, Integer.toString(divisor), clock.file().toString()));
    arguments.addAll(more);
    var process =
        host.start(
            "injected daemon",
            JavaProgram.command(
                List.of("-XX:+UseSerialGC"),
                InjectedDaemon.class,
                arguments.toArray(String[]::new)),
            Map.of(),
            folder.resolve(host.name() + started.size() + ".log"));
    started.add(process);
    try {
      await()
          .atMost(Duration.ofSeconds(90))
          .until(() -> !process.isAlive() || host.command("wg", "show", name).run().succeeded());
    } catch (ConditionTimeoutException | CommandFailedException e) {
      throw new AssertionError(
          "'wg show %s' has no answer: %s".formatted(name, Diagnosis.of(process)), e);
    }
    if (!process.isAlive()) {
      throw new AssertionError(Diagnosis.of(process));
    }
  }

  @Override
  public void close() {
    started.forEach(ManagedProcess::close);
  }
}
