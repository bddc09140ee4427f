package dev.wiremesh.wireguard.daemon;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.nio.file.Path;
import java.time.Duration;

/** Makes interfaces by a wireguard-go that takes the time from a file. */
final class ClockedReference implements Maker {
  private final WallClock clock;

  ClockedReference(WallClock clock) {
    this.clock = clock;
  }

  @Override
  public void make(Host host, String name) {
    host.command(Program.PATH, name)
        .withEnvironment("WIREGUARD_GO_CLOCK", clock.file().toString())
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
