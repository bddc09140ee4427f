package dev.wiremesh.chart;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.Tools;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Runs promtool, the checker and unit tester of Prometheus rules. */
final class Promtool {
  private Promtool() {}

  static void succeeds(String... arguments) {
    var command = new ArrayList<>(List.of(Tools.find("promtool").orElseThrow().toString()));
    command.addAll(List.of(arguments));
    var result = Command.of(command).withTimeout(Duration.ofMinutes(2)).run();
    assertThat(result.succeeded())
        .as("%s%n%s%s", command, result.output(), result.errors())
        .isTrue();
  }
}
