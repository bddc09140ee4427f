package dev.wiremesh.agent.bypass;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class StrictReversePathsTest {
  private final Path conf;

  StrictReversePathsTest(@TempDir Path conf) throws IOException {
    this.conf = conf;
    set("all", 0);
    set("default", 1);
    set("lo", 1);
    set("eth0", 0);
    set("wg-home", 2);
  }

  @Test
  void greaterOfTheTwoValuesCounts() throws IOException {
    assertThat(strict()).isEmpty();
    set("eth0", 1);
    assertThat(strict()).containsExactly("eth0");
    set("all", 2);
    assertThat(strict()).as("loose for all").isEmpty();
    set("all", 1);
    set("eth0", 0);
    assertThat(strict()).containsExactly("eth0");
    set("eth0", 2);
    assertThat(strict()).isEmpty();
  }

  @Test
  void missingSysctlsAreNotStrict() {
    assertThat(new StrictReversePaths(conf.resolve("absent")).interfaces(_ -> true)).isEmpty();
  }

  private Iterable<String> strict() {
    return new StrictReversePaths(conf).interfaces(_ -> true);
  }

  private void set(String name, int value) throws IOException {
    Files.createDirectories(conf.resolve(name));
    Files.writeString(conf.resolve(name).resolve("rp_filter"), value + "\n");
  }
}
