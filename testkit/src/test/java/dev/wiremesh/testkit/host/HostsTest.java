package dev.wiremesh.testkit.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.JavaProgram;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@RequiresRoot
class HostsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  @AutoClose private final Hosts hosts = Hosts.forTest("tk");
  @TempDir private Path temporary;

  @Test
  void connectedHostsReachEachOtherInBothFamilies() {
    var a = hosts.create("a");
    var b = hosts.create("b");
    a.connect("eth0", b, "eth0");
    a.address("eth0", "10.1.0.1/24");
    b.address("eth0", "10.1.0.2/24");
    a.address("eth0", "fd00::1/64");
    b.address("eth0", "fd00::2/64");

    await().atMost(PATIENCE).until(() -> a.ping("10.1.0.2").succeeded());
    await().atMost(PATIENCE).until(() -> b.ping("fd00::1").succeeded());
  }

  @Test
  void hostsHaveRunAndVarLibOfTheirOwn() {
    var a = hosts.create("a");
    var b = hosts.create("b");

    a.exec(
        "bash", "-c", "mkdir -p /var/run/wireguard /var/lib/x; echo mine > /var/run/wireguard/f");

    assertThat(a.exec("cat", "/run/wireguard/f")).isEqualTo("mine");
    assertThat(b.exec("ls", "/run", "/var/lib")).doesNotContain("wireguard").doesNotContain("x\n");
    assertThat(Path.of("/run/wireguard/f")).doesNotExist();
    assertThat(a.exec("ls", "/sys/class/net")).isEqualTo("lo");
  }

  @Test
  void newcomerOnTheBridgeDoesNotMoveItsAddress() {
    var hub = hosts.create("hub");
    hub.createBridge("lan");
    var before = hub.exec("cat", "/sys/class/net/lan/address");
    var a = hosts.create("a");

    a.connect("eth0", hub, "port");
    hub.exec("ip", "link", "set", "port", "address", "00:00:00:00:00:01");
    hub.exec("ip", "link", "set", "port", "master", "lan");

    assertThat(hub.exec("cat", "/sys/class/net/lan/address")).isEqualTo(before);
  }

  @Test
  @RequiresTool({"nft", "tcpdump"})
  void natRouterShowsItsOwnAddress() {
    var inside = hosts.create("inside");
    var outside = hosts.create("outside");
    var router = hosts.createNatRouter("router", "wan");
    inside.connect("eth0", router, "lan");
    router.connect("wan", outside, "eth0");
    inside.address("eth0", "192.168.1.2/24");
    router.address("lan", "192.168.1.1/24");
    router.address("wan", "10.9.0.1/24");
    outside.address("eth0", "10.9.0.2/24");
    inside.route("default", "192.168.1.1");

    try (var capture = outside.capture("eth0", "icmp")) {
      await().atMost(PATIENCE).until(() -> inside.ping("10.9.0.2").succeeded());

      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(String.join("\n", capture.packets()))
                  .contains("10.9.0.1 > 10.9.0.2")
                  .doesNotContain("192.168.1.2"));
    }
  }

  @Test
  void closingRemovesHostsAndWhatRunsInThem() {
    try (var own = Hosts.forTest("tkgone")) {
      var host = own.create("h");
      host.exec("bash", "-c", "setsid sleep 1000 >/dev/null 2>&1 </dev/null & exit 0");
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(Command.of("ip", "netns", "pids", host.namespace()).check().lines())
                  .hasSize(2));
    }
    assertThat(Command.of("ip", "netns", "list").check()).doesNotContain("tkgone");
  }

  @Test
  void hostsOfKilledProgramAreRemoved() throws IOException {
    var log = temporary.resolve("log");
    var victim = ManagedProcess.start("victim", JavaProgram.command(Victim.class), Map.of(), log);
    await().atMost(PATIENCE).until(() -> Files.readString(log).contains("made"));
    assertThat(Command.of("ip", "netns", "list").check()).contains("tkvictim" + victim.pid());

    victim.kill();

    await()
        .atMost(PATIENCE)
        .until(() -> !Command.of("ip", "netns", "list").check().contains("tkvictim"));
  }

  /** Makes a host and waits for its end. */
  static final class Victim {
    public static void main(String[] arguments) throws InterruptedException {
      Hosts.forTest("tkvictim").create("h");
      System.out.println("made");
      Thread.sleep(Duration.ofMinutes(5));
    }
  }

  @Test
  void hostThatComesLaterUnderTheNameOfOneThatIsGoneStays() throws IOException {
    var log = temporary.resolve("log");
    var prefix = "tkheir" + ProcessHandle.current().pid();
    var predecessor =
        ManagedProcess.start(
            "predecessor", JavaProgram.command(Predecessor.class, prefix), Map.of(), log);
    await().atMost(PATIENCE).until(() -> Files.readString(log).contains("gone"));
    try (var heirs = Hosts.named(prefix)) {
      var heir = heirs.create("h");

      predecessor.kill();
      await()
          .atMost(PATIENCE)
          .until(() ->
              Command.of("pgrep", "-f", "wiremesh-reaper " + predecessor.pid())
                  .run()
                  .output()
                  .isBlank());

      assertThat(Command.of("ip", "netns", "list").check()).contains(heir.namespace());
      assertThat(heir.exec("echo", "alive")).isEqualTo("alive");
    }
  }

  /** Makes a host, removes it, and waits for its end. */
  static final class Predecessor {
    public static void main(String[] arguments) throws InterruptedException {
      try (var hosts = Hosts.named(arguments[0])) {
        hosts.create("h");
      }
      System.out.println("gone");
      Thread.sleep(Duration.ofMinutes(5));
    }
  }

  @Test
  void relayLeadsIntoAnotherNetworkNamespace() throws IOException {
    var inside = hosts.create("served");
    inside.address("lo", "10.3.0.1/32");
    var socket = temporary.resolve("relay.sock").toString();
    var java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    try (var web =
            inside.start(
                "echo",
                List.of(java, "-m", "jdk.httpserver", "-b", "10.3.0.1", "-p", "8000", "-d", "/etc"),
                Map.of(),
                temporary.resolve("web.log"));
        var far =
            inside.start(
                "relay",
                JavaProgram.command(Relay.class, socket, "10.3.0.1:8000"),
                Map.of(),
                temporary.resolve("relay.log"));
        var near = Relay.start("127.0.0.1:0", socket)) {
      assertThat(near.port()).isPositive();
      await()
          .atMost(PATIENCE)
          .untilAsserted(() -> {
            assertThat(web.isAlive() && far.isAlive()).isTrue();
            try (var page =
                URI.create("http://127.0.0.1:" + near.port() + "/hostname").toURL().openStream()) {
              assertThat(page.readAllBytes()).isNotEmpty();
            }
          });
    }
  }
}
