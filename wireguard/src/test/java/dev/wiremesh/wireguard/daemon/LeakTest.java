package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.JavaProgram;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Objects that hold descriptors release them. */
@RequiresTun
@Execution(ExecutionMode.CONCURRENT)
class LeakTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("host");

  @ParameterizedTest
  @EnumSource
  @Scenario(
      "A device that is opened and closed fifty times, and one that fails at each step of its"
          + " start for want of descriptors, leave no descriptor, thread, file or memory behind")
  void nothingIsLeft(LeakProbe.Thing thing) {
    var probe =
        String.join(
            "' '", JavaProgram.command(List.of("-XX:+UseSerialGC"), LeakProbe.class, thing.name()));
    var result =
        host.command("sh", "-c", "ulimit -n 256; exec '" + probe + "'")
            .withEnvironment("JDK_JAVA_OPTIONS", "-XX:NativeMemoryTracking=summary")
            .withTimeout(Duration.ofMinutes(5))
            .run();
    assertThat(result.exitCode()).as(result.output() + result.errors()).isZero();
  }
}
