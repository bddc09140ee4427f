package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many clients on the configuration socket of a daemon that has packets to care for. */
@RequiresTun
@RequiresTool({"wg", "ip", "pgrep", "ping", "python3"})
class UapiClientsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(300);
  private static final int PEERS = 10_000;

  /** Clients at once that ask and change; says how many whole answers there were. */
  private static final String BUSY =
      """
      import socket, threading
      whole = []
      def client(number):
          with socket.socket(socket.AF_UNIX) as s:
              s.connect("/var/run/wireguard/wg0.sock")
              answers = s.makefile("r")
              for turn in range(20):
                  s.sendall(b"get=1\\n\\n" if turn % 4 else
                      b"set=1\\npublic_key=%064x\\nallowed_ip=10.99.%d.%d/32\\n\\n"
                      % (number + 1, number, turn))
                  lines = []
                  while (line := answers.readline().strip()):
                      lines.append(line)
                  keys = sum(line.startswith("private_key=") for line in lines)
                  if lines[-1] == "errno=0" and keys == (1 if turn % 4 else 0):
                      whole.append(1)
      threads = [threading.Thread(target=client, args=[i]) for i in range(40)]
      for t in threads: t.start()
      for t in threads: t.join()
      print(len(whole))
      """;

  /** Clients that stop in the middle of something, and stay. */
  private static final String SILENT =
      """
      import socket, time
      clients = []
      for i in range(300):
          s = socket.socket(socket.AF_UNIX)
          s.connect("/var/run/wireguard/wg0.sock")
          s.sendall((b"", b"get=1", b"get=1\\n", b"set=1\\npublic_key=" + b"7" * 63,
              b"set=1\\npublic_key=" + b"7" * 64 + b"\\nallowed_ip=10.0.0.0/8\\n")[i % 5])
          clients.append(s)
      print("connected", flush=True)
      time.sleep(1200)
      """;

  /** Clients that ask for all there is, and take only the first bytes of it until they are told. */
  private static final String SLOW =
      """
      import socket, time
      clients = []
      for i in range(300):
          s = socket.socket(socket.AF_UNIX)
          s.connect("/var/run/wireguard/wg0.sock")
          s.sendall(b"get=1\\n\\n")
          clients.append(s)
      begun = sum(s.recv(12) == b"private_key=" for s in clients)
      print("begun:", begun, flush=True)
      time.sleep(1200)
      """;

  /** A line that never ends: nobody keeps it. */
  private static final String ENDLESS =
      """
      import socket
      with socket.socket(socket.AF_UNIX) as s:
          s.connect("/var/run/wireguard/wg0.sock")
          try:
              for _ in range(1 << 14):
                  s.sendall(b"x" * 65536)
              print("all of it was read")
          except OSError:
              print("closed")
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("wc");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir private Path folder;

  private WgEnd a;
  private WgEnd b;

  @BeforeEach
  void connect() {
    Underlay.cable(left, right);
    a = new WgEnd(left, Implementation.WIREMESH, 1);
    b = new WgEnd(right, Implementation.WIREMESH, 2);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(a);
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  @Test
  @Scenario(
      "40 clients at once ask and change the configuration while packets flow: whole answers, and nothing stops")
  void manyClientsAskAndChangeWhilePacketsFlow() {
    var log = folder.resolve("ping.log");
    try (var ping = left.start("ping", List.of("ping", "-n", "-i", "0.01", b.v4), Map.of(), log)) {
      var whole = left.command("python3", "-c", BUSY).withTimeout(PATIENCE).check();
      assertThat(whole.strip()).as("whole answers of 40 clients").isEqualTo("800");
      assertThat(left.exec("wg", "show", "wg0", "allowed-ips").lines()).hasSize(41);
      await("an answer to the ping that went on")
          .atMost(PATIENCE)
          .until(() -> ping.lastLines(3).contains("bytes from"));
    }
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  @Test
  @Scenario(
      "300 clients that ask for 10,000 peers and do not read the answer: others are served, packets"
          + " flow, memory is bounded, and nothing stays of them")
  void clientsThatDoNotReadHoldUpNobodyAndCostLittle() throws IOException {
    left.command("wg", "addconf", "wg0", "/dev/stdin")
        .withInput(manyPeers())
        .withTimeout(PATIENCE)
        .check();
    var daemon = daemon(left);
    int descriptors = descriptors(daemon);
    int threads = status(daemon, "Threads");
    int memory = status(daemon, "VmRSS");
    var log = folder.resolve("slow.log");
    try (var slow = left.start("slow", List.of("python3", "-c", SLOW), Map.of(), log)) {
      await("300 answers that have begun")
          .atMost(PATIENCE)
          .untilAsserted(() -> assertThat(slow.lastLines(20)).isEqualTo("begun: 300"));
      left.command("wg", "set", "wg0", "peer", b.publicKey(), "persistent-keepalive", "25")
          .withTimeout(PATIENCE)
          .check();
      assertThat(
              left.command("wg", "show", "wg0", "allowed-ips")
                  .withTimeout(PATIENCE)
                  .check()
                  .lines())
          .hasSize(PEERS + 1);
      await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
      assertThat(status(daemon, "VmRSS") - memory)
          .as("KiB for 300 clients; the answers have 3 MB each")
          .isLessThan(256 << 10);
    }
    await("the end of all clients")
        .atMost(PATIENCE)
        .untilAsserted(() -> {
          assertThat(descriptors(daemon)).as("descriptors").isLessThan(descriptors + 30);
          assertThat(status(daemon, "Threads")).as("threads").isLessThan(threads + 30);
        });
    assertThat(left.exec("wg", "show", "wg0", "persistent-keepalive")).contains("\t25");
  }

  private static String manyPeers() {
    var peers = new StringBuilder();
    var key = new byte[32];
    for (int i = 0; i < PEERS; i++) {
      key[0] = (byte) i;
      key[1] = (byte) (i >> 8);
      key[2] = 1;
      peers
          .append("[Peer]\nPublicKey=" + Base64.getEncoder().encodeToString(key))
          .append("\nAllowedIPs=10.99.%d.%d/32\n".formatted(i >> 8, i & 0xff));
    }
    return peers.toString();
  }

  /** The process behind a host's only interface of ours. */
  private static Path daemon(Host host) {
    var keeper = Long.toString(host.keeperPid());
    var pids = host.exec("pgrep", "--ns", keeper, "--nslist", "net", "-f", "daemon.WgMain");
    return Path.of("/proc", pids.strip());
  }

  /** A number of {@code /proc/PID/status}. */
  private static int status(Path process, String name) throws IOException {
    try (var lines = Files.lines(process.resolve("status"))) {
      var line = lines.filter(l -> l.startsWith(name + ":")).findFirst().orElseThrow();
      return Integer.parseInt(line.replaceAll("\\D", ""));
    }
  }

  private static int descriptors(Path process) throws IOException {
    try (var all = Files.list(process.resolve("fd"))) {
      return (int) all.count();
    }
  }

  @Test
  @Scenario("300 clients that stop in the middle of a request hold up nobody and change nothing")
  void clientsThatStopInTheMiddleHoldUpNobodyAndChangeNothing() {
    var before = left.exec("wg", "showconf", "wg0");
    var log = folder.resolve("silent.log");
    try (var silent = left.start("silent", List.of("python3", "-c", SILENT), Map.of(), log)) {
      await("300 clients").atMost(PATIENCE).until(() -> silent.lastLines(1).contains("connected"));
      assertThat(left.exec("wg", "showconf", "wg0")).isEqualTo(before);
      assertThat(left.command("python3", "-c", ENDLESS).withTimeout(PATIENCE).check().strip())
          .isEqualTo("closed");
      await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
    }
    assertThat(left.exec("wg", "showconf", "wg0")).isEqualTo(before);
  }
}
