package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Start of the daemon, and its ends: by a signal, by its socket, by its interface. */
@RequiresTun
@RequiresTool({"wg", "ip", "ss", "pkill", "python3"})
@Execution(ExecutionMode.CONCURRENT)
class DaemonLifeTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("host");
  private final Daemons daemons = new Daemons(host);

  @Test
  @Scenario(
      "The command returns when interface and socket can be used; a second daemon of"
          + " the name is refused")
  void theCommandReturnsWhenInterfaceAndSocketCanBeUsed() {
    assertThat(daemons.command("wg0").check()).isEmpty();
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
    assertThat(host.exec("stat", "-c", "%a %F", Daemons.SOCKET)).isEqualTo("700 socket");
    assertThat(host.exec("stat", "-c", "%a", "/var/run/wireguard")).isEqualTo("700");
    assertThat(host.exec("ip", "link", "show", "wg0")).contains("mtu 1420", "state DOWN");

    // The name is taken: the second daemon is refused, and the first one stays.
    var second = daemons.command("wg0").run();
    assertThat(second.exitCode()).as(second.errors()).isEqualTo(1);
    assertThat(second.errors()).contains("EBUSY", "taken");
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
  }

  @Test
  @Scenario("A deleted interface ends its daemon")
  void aDeletedInterfaceEndsTheDaemon() {
    daemons.start("wg0");
    host.ip("link", "set", "wg0", "up");
    host.ip("link", "del", "wg0");
    daemons.awaitEnd();
  }

  @Test
  @Scenario(
      "A renamed interface keeps working, is followed, and ends its daemon when it is deleted")
  void aRenamedInterfaceLivesOn() {
    daemons.start("wg0");
    host.ip("link", "set", "wg0", "name", "other0");
    host.ip("link", "set", "other0", "up", "mtu", "1300");
    host.exec("wg", "set", "wg0", "listen-port", "5000");
    daemons.awaitPort(true);
    host.ip("link", "set", "other0", "down");
    daemons.awaitPort(false);
    host.ip("link", "del", "other0");
    daemons.awaitEnd();
  }

  @Test
  @Scenario("A removed socket ends the daemon and its interface")
  void aRemovedSocketEndsTheDaemonAndItsInterface() {
    daemons.start("wg0");
    host.exec("rm", Daemons.SOCKET);
    daemons.awaitEndWithInterface("wg0");
  }

  @Test
  void aDaemonWhoseProgramWasReplacedEndsAllTheSame(@TempDir Path copy) {
    host.exec("sh", "-c", "cp -rL " + Installation.bin("..") + "/. " + copy);
    host.command(copy.resolve("bin/wiremesh-wg").toString(), "wg0")
        .withTimeout(Daemons.PATIENCE)
        .check();
    host.exec("sh", "-c", "for jar in " + copy + "/lib/wg/*.jar; do echo new > $jar; done");
    host.exec("rm", Daemons.SOCKET);
    daemons.awaitEndWithInterface("wg0");
  }

  @Test
  void aStaleSocketIsReplaced() {
    host.exec("mkdir", "-p", "/var/run/wireguard");
    host.exec(
        "python3",
        "-c",
        "import socket; socket.socket(socket.AF_UNIX).bind('" + Daemons.SOCKET + "')");
    daemons.start("wg0");
    assertThat(host.exec("wg", "show", "wg0")).contains("interface: wg0");
  }

  @Test
  void inTheForegroundItEndsInOrderWhenAsked() throws Exception {
    var log = Files.createTempFile("wiremesh-wg-", ".log");
    try (var process =
        host.start(
            "wg",
            List.of(Installation.bin("wiremesh"), "wg", "-f", "wg0"),
            Map.of("LOG_LEVEL", "verbose"),
            log)) {
      await()
          .atMost(Daemons.PATIENCE)
          .until(() -> host.command("wg", "show", "wg0").run().succeeded());
      host.exec("pkill", "--ns", Long.toString(process.pid()), "--nslist", "net", "-f", "WgMain");
      assertThat(process.onExit().get(Daemons.PATIENCE.toSeconds(), TimeUnit.SECONDS)).isZero();
      assertThat(daemons.socketExists()).isFalse();
      assertThat(host.ip("link")).doesNotContain("wg0");
    } finally {
      Files.delete(log);
    }
  }
}
