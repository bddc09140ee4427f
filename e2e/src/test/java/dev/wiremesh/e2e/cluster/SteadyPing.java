package dev.wiremesh.e2e.cluster;

import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.process.CommandResult;
import java.time.Duration;
import java.util.function.Function;

/**
 * Ten pings a second from one place to another, under which something else is done. It runs where
 * its commands run: on a machine, or in a pod.
 */
final class SteadyPing {
  private static final Duration INTERVAL = Duration.ofMillis(100);

  private final String name;
  private final String files;
  private final Function<String, CommandResult> shell;

  private SteadyPing(String name, String files, Function<String, CommandResult> shell) {
    this.name = name;
    this.files = files;
    this.shell = shell;
  }

  /** Starts one; returns when its first answer is there. */
  static SteadyPing start(String name, String address, Function<String, CommandResult> shell) {
    var ping = new SteadyPing(name, "/tmp/ping-" + address, shell);
    shell
        .apply(
            "setsid ping -i 0.1 %s > %s.log 2>&1 < /dev/null & echo $! > %s.pid"
                .formatted(address, ping.files, ping.files))
        .orThrow();
    await()
        .alias(name + " begins")
        .atMost(Duration.ofMinutes(1))
        .until(() -> ping.log().contains("bytes from"));
    return ping;
  }

  private String log() {
    return shell.apply("cat %s.log".formatted(files)).output();
  }

  /** Ends it and returns its result. */
  PingLog stop() {
    // An ended ping prints its statistics; a shell of busybox may have put one more process
    // between.
    shell.apply("kill -INT $(cat %s.pid)".formatted(files)).orThrow();
    await()
        .alias(name + " ends")
        .atMost(Duration.ofMinutes(1))
        .until(() -> log().contains("packets transmitted"));
    var seen = PingLog.parse(name, log(), INTERVAL);
    shell.apply("rm -f %s.log %s.pid".formatted(files, files)).orThrow();
    return seen;
  }
}
