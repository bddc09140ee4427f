package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.nio.file.Path;
import java.time.Duration;

/** Makes interfaces by a wireguard-go with a clock of the test and the protocol's times divided. */
final class ClockedReference implements Maker {
  private final WallClock clock;
  private final int divisor;

  /**
   * @param clock of its interfaces
   * @param divisor of the protocol's times
   */
  ClockedReference(WallClock clock, int divisor) {
    this.clock = clock;
    this.divisor = divisor;
  }

  @Override
  public void make(Host host, String name) {
    host.command(Program.PATH, name)
        .withEnvironment("WIREGUARD_GO_CLOCK", clock.file().toString())
        .withEnvironment("WIREGUARD_GO_DIVISOR", Integer.toString(divisor))
        .check();
  }

  /** Built when it is first needed, and kept for later runs. */
  private static final class Program {
    static final String PATH =
        Command.of(
                Path.of("src", "test", "go", "build").toAbsolutePath().toString(),
                Tools.cacheFolder().resolve("bin").toString())
            .withTimeout(Duration.ofMinutes(15))
            .check()
            .strip();
  }
}
