package dev.wiremesh.wireguard.daemon;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.testkit.process.Command;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Initiations from 1,000 spoofed addresses, many times more than can be answered. How much of its
 * rate a flow keeps is measured by bench/handshake-flood; here nothing depends on rates.
 *
 * <p>Takes half a minute: a flood lasts until the responder is under load.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "tcpdump", "python3"})
@Isolated("a flood, and what it costs")
class HandshakeFloodTest {
  private static final Duration PATIENCE = Duration.ofSeconds(300);
  private static final String SPOOFED = "198.18.0.0/22";
  private static final long MESSAGES = 100_000;

  /** For caches and classes; the messages would be ten times as much. */
  private static final long KEPT_BYTES = 4 << 20;

  /** For what is not an object too: compiled code, a heap that is fuller before it is cleared. */
  private static final long GROWN_BYTES = 200 << 20;

  private static final String COOKIE_REPLY = "udp[4:2] == 72 and udp[8:4] == 0x03000000";
  private static final String INITIATION_WITH_MAC2 =
      "udp[4:2] == 156 and udp[8:4] == 0x01000000 and udp[140:4] != 0";

  @AutoClose private final Hosts hosts = Hosts.forTest("wf");
  private final Host server = hosts.create("server");
  private final Host client = hosts.create("client");
  private final Host late = hosts.create("late");
  private final Host attacker = hosts.create("attacker");

  @TempDir private Path folder;

  private WgEnd victim;
  private WgEnd established;
  private WgEnd latecomer;

  @BeforeEach
  void connect() {
    cable(client, "client", 1);
    cable(late, "late", 2);
    cable(attacker, "attacker", 3);
    attacker.ip("route", "add", "local", SPOOFED, "dev", "lo");
    server.route(SPOOFED, "192.0.2.14");
    victim = new WgEnd(server, Implementation.WIREMESH, 1);
    established = new WgEnd(client, Implementation.WIREMESH, 2);
    latecomer = new WgEnd(late, Implementation.WIREMESH, 3);
    victim.peer(established);
    victim.peer(latecomer);
    established.peer(victim, "endpoint", "192.0.2.5:" + victim.port);
    latecomer.peer(victim, "endpoint", "192.0.2.9:" + victim.port);
    await("the first ping").atMost(PATIENCE).until(this::flowLives);
  }

  /** Of four addresses for each cable the server has the second, the other end the third. */
  private void cable(Host other, String port, int number) {
    server.connect(port, other, "eth0");
    server.address(port, "192.0.2." + (4 * number + 1) + "/30");
    other.address("eth0", "192.0.2." + (4 * number + 2) + "/30");
  }

  @Test
  @Scenario(
      "A flood of initiations with valid mac1 gets cookie replies and takes no memory; an"
          + " established session keeps working, and a peer that returns the cookie gets a"
          + " session")
  void spoofedInitiations() throws IOException {
    long before = liveBytes();
    long resident = residentBytes();
    long files = openFiles();
    try (var cookies = attacker.capture("eth0", COOKIE_REPLY);
        var proofs = late.capture("eth0", INITIATION_WITH_MAC2);
        var flood = flood()) {
      awaitSent(flood, MESSAGES / 10);
      await("cookie replies on the wire")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(cookies.pcap()).hasSizeGreaterThan(100 * 64));
      await("a ping of the established flow").atMost(PATIENCE).until(this::flowLives);
      await("a ping of a peer that connects under load")
          .atMost(PATIENCE)
          .until(() -> latecomer.pings(victim.v4));
      await("an initiation with a MAC2")
          .atMost(PATIENCE)
          .pollInterval(Duration.ofSeconds(2))
          .untilAsserted(() -> {
            if (proofs.packets().isEmpty()) { // it came in a moment without load
              shakeHandsAgain();
            }
            assertThat(proofs.packets()).isNotEmpty();
          });
      awaitSent(flood, MESSAGES);
      await("another ping of the flow").atMost(PATIENCE).until(this::flowLives);
    }
    assertThat(liveBytes() - before)
        .as("bytes that are kept after %d messages", MESSAGES)
        .isLessThan(KEPT_BYTES);
    assertThat(residentBytes() - resident).as("bytes of the process").isLessThan(GROWN_BYTES);
    assertThat(openFiles() - files).as("files that stay open").isLessThan(20);
  }

  @Test
  void handshakesGiveWayToPackets() {
    var niceness =
        Command.of("ps", "-L", "-o", "comm=,ni=", "-p", Long.toString(victimPid()))
            .check()
            .lines()
            .map(line -> line.strip().split("\\s+(?=\\S+$)"))
            .filter(thread -> thread[0].startsWith(WgEnd.INTERFACE + "-"))
            .collect(toMap(thread -> thread[0], thread -> Integer.parseInt(thread[1])));
    int packets = requireNonNull(niceness.get(WgEnd.INTERFACE + "-send"));
    assertThat(niceness)
        .containsEntry(WgEnd.INTERFACE + "-receive", packets)
        .containsEntry(WgEnd.INTERFACE + "-control", Math.min(packets + 5, 19));
  }

  @Test
  @Scenario(
      "Datagrams of a flood that are no WireGuard messages get no answer, and an established"
          + " session keeps working")
  void junk() throws IOException {
    try (var answers = attacker.capture("eth0", "src host 192.0.2.13 and (udp or icmp)");
        var flood = flood("--junk")) {
      awaitSent(flood, MESSAGES / 4);
      await("a ping of the established flow").atMost(PATIENCE).until(this::flowLives);
      assertThat(answers.packets().stream().limit(5)).isEmpty();
    }
  }

  /** Down and up is the way to a new handshake at once. */
  private void shakeHandsAgain() {
    late.ip("link", "set", WgEnd.INTERFACE, "down");
    late.ip("link", "set", WgEnd.INTERFACE, "up");
    latecomer.pings(victim.v4);
  }

  private boolean flowLives() {
    return established.pings(victim.v4);
  }

  /** A flood to the address that the attacker's cable ends at, until it is closed. */
  private ManagedProcess flood(String... more) throws IOException {
    var program = Path.of("..", "bench", "flood").toRealPath().toString();
    var command =
        new ArrayList<>(
            List.of(
                program,
                "--to=192.0.2.13:" + victim.port,
                "--key=" + victim.publicKey(),
                "--from=" + SPOOFED,
                "--sources=1000",
                "--rate=40000",
                "--seconds=1200"));
    command.addAll(List.of(more));
    return attacker.start("flood", command, Map.of(), folder.resolve("flood.log"));
  }

  private static void awaitSent(ManagedProcess flood, long messages) {
    await("%d messages of the flood".formatted(messages))
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThat(flood.lastLines(1))
                .matches(sent -> sent.matches("\\d+") && Long.parseLong(sent) >= messages));
  }

  /** Bytes of the victim's live objects. */
  private long liveBytes() {
    var jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd").toString();
    var total =
        server
            .command(jcmd, Long.toString(victimPid()), "GC.class_histogram")
            .withTimeout(PATIENCE)
            .check()
            .lines()
            .filter(line -> line.startsWith("Total"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(total.strip().split("\\s+")[2]);
  }

  private long residentBytes() throws IOException {
    try (var lines = Files.lines(Path.of("/proc", Long.toString(victimPid()), "status"))) {
      var resident = lines.filter(line -> line.startsWith("VmRSS:")).findFirst().orElseThrow();
      return Long.parseLong(resident.replaceAll("\\D", "")) << 10;
    }
  }

  private long openFiles() throws IOException {
    try (var files = Files.list(Path.of("/proc", Long.toString(victimPid()), "fd"))) {
      return files.count();
    }
  }

  private long victimPid() {
    return Command.of("ip", "netns", "pids", server.namespace())
        .check()
        .lines()
        .map(Long::parseLong)
        .filter(pid ->
            ProcessHandle.of(pid)
                .flatMap(process -> process.info().command())
                .filter(command -> command.endsWith("/java"))
                .isPresent())
        .findFirst()
        .orElseThrow();
  }
}
