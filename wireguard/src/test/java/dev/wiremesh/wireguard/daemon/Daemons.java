package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.process.Command;
import java.time.Duration;

/** The daemons of a host: how they are started, and what is seen of them from outside. */
final class Daemons {
  static final Duration PATIENCE = Duration.ofMinutes(2);
  static final String SOCKET = "/var/run/wireguard/wg0.sock";

  private final Host host;

  Daemons(Host host) {
    this.host = host;
  }

  /** {@code wiremesh wg} with these arguments. */
  Command command(String... arguments) {
    var all = new String[arguments.length + 2];
    all[0] = Installation.bin("wiremesh");
    all[1] = "wg";
    System.arraycopy(arguments, 0, all, 2, arguments.length);
    return host.command(all).withTimeout(PATIENCE);
  }

  void start(String name) {
    command(name).check();
  }

  boolean anyRuns() {
    return host.command("ip", "netns", "pids", host.namespace())
        .run()
        .output()
        .lines()
        .map(pid -> Command.of("cat", "/proc/" + pid.strip() + "/cmdline").run().output())
        .anyMatch(line -> line.contains("WgMain"));
  }

  boolean socketExists() {
    return host.command("test", "-e", SOCKET).run().succeeded();
  }

  /** Until nothing is left of {@code wg0} but, perhaps, its interface. */
  void awaitEnd() {
    await().atMost(PATIENCE).until(() -> !socketExists() && !anyRuns());
  }

  /** Until an interface is gone, and every daemon with it. */
  void awaitEndWithInterface(String name) {
    await().atMost(PATIENCE).until(() -> !host.ip("link").contains(name) && !anyRuns());
  }

  /** Until UDP port 5000 is open or not: a daemon's is as long as its interface is up. */
  void awaitPort(boolean open) {
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(host.exec("ss", "-Hlun", "sport = 5000").contains("5000"))
                .as("port is open; %s", host.ip("link"))
                .isEqualTo(open));
  }
}
