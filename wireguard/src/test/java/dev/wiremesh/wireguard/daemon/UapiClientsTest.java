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
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Many clients on the configuration socket of a daemon that has packets to care for.
 *
 * <p>Takes half a minute: clients send and read 10,000 peers.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "pgrep", "ping", "python3"})
@Isolated("memory of a daemon with many clients")
class UapiClientsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(300);
  private static final int PEERS = 10_000;

  /**
   * Clients at once that ask and change: prefixes move from peer to peer, and peers go and come
   * back. Says how many answers were whole, or what was wrong with the first ones that were not.
   */
  private static final String BUSY =
      """
      import random, re, socket, threading, time
      PEERS = ["%064x" % (1 + i) for i in range(1000)]
      PREFIXES = ["10.99.%d.%d/32" % (i >> 8, i & 255) for i in range(1000)]
      whole, wrong = [], []

      def say(s, request, slowly=False):
          s.sendall(request.encode())
          answer = b""
          while not answer.endswith(b"\\n\\n"):
              if not (chunk := s.recv(65536)):
                  raise EOFError(answer[-200:])
              answer += chunk
              if slowly:
                  time.sleep(random.random() / 50)
          return answer.decode()

      def change(number):
          own = "public_key=%064x\\n" % (2000 + number)
          lines = own + "remove=true\\n" + own + "allowed_ip=10.98.0.%d/32\\n" % number
          for _ in range(5):
              lines += "public_key=%s\\nallowed_ip=%s\\n" % (
                  random.choice(PEERS), random.choice(PREFIXES))
          return "set=1\\n" + lines + "\\n"

      def faults(answer):
          peers = re.findall("^public_key=(.*)$", answer, re.M)
          prefixes = re.findall("^allowed_ip=(.*)$", answer, re.M)
          if not answer.endswith("errno=0\\n\\n") or answer.count("private_key=") != 1:
              yield "not whole: ..." + answer[-200:]
          for kind, known, told in ("peer", PEERS, peers), ("prefix", PREFIXES, prefixes):
              if missing := set(known) - set(told):
                  yield "%d times no %s: %s" % (len(missing), kind, sorted(missing)[0])
              if len(told) != len(set(told)):
                  yield "a %s twice: %s" % (kind, max(told, key=told.count))

      def client(number):
          with socket.socket(socket.AF_UNIX) as s:
              s.connect("/var/run/wireguard/wg0.sock")
              for turn in range(20):
                  if turn % 4:
                      found = list(faults(say(s, "get=1\\n\\n", slowly=True)))
                  else:
                      answer = say(s, change(number))
                      found = [] if answer == "errno=0\\n\\n" else [answer]
                  wrong.extend(found)
                  if not found:
                      whole.append(1)

      with socket.socket(socket.AF_UNIX) as s:
          s.connect("/var/run/wireguard/wg0.sock")
          say(s, "set=1\\n" + "".join("public_key=%s\\nallowed_ip=%s\\n" % each
              for each in zip(PEERS, PREFIXES)) + "\\n")
      threads = [threading.Thread(target=client, args=[i]) for i in range(40)]
      for t in threads: t.start()
      for t in threads: t.join()
      print(len(whole), "whole", *wrong[:5], sep="\\n")
      """;

  /** Clients that stop in the middle of something, and stay until they are killed. */
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

  /**
   * A line or a request that never ends, which must not be stored. Prints the client's result, and
   * by how many MB the memory of the daemon grew at most.
   */
  private static final String ENDLESS =
      """
      import re, socket, struct, sys
      begin, more, times = sys.argv[1].encode(), sys.argv[2].encode() * 4096, int(sys.argv[3])
      with socket.socket(socket.AF_UNIX) as s:
          s.connect("/var/run/wireguard/wg0.sock")
          pid, _, _ = struct.unpack("iii", s.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
          def resident():
              with open("/proc/%d/status" % pid) as status:
                  return int(re.search(r"VmRSS:\\s+(\\d+)", status.read()).group(1)) >> 10
          before = most = resident()
          try:
              s.sendall(begin)
              for _ in range(times):
                  s.sendall(more)
                  most = max(most, resident())
              print("read")
          except OSError:
              print("closed")
          print(most - before)
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("wc");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir private Path folder;

  private WgEnd a;
  private WgEnd b;

  @BeforeEach
  void connect() {
    TestUnderlay.cable(left, right);
    a = new WgEnd(left, Implementation.WIREMESH, 1);
    b = new WgEnd(right, Implementation.WIREMESH, 2);
    a.peer(b, "endpoint", "192.0.2.2:" + b.port);
    b.peer(a);
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  @Test
  @Scenario(
      "40 clients at once ask and move 1,000 prefixes from peer to peer while packets flow: each answer has every prefix once, and nothing stops")
  void manyClientsAskAndChangeWhilePacketsFlow() {
    var log = folder.resolve("ping.log");
    try (var ping = left.start("ping", List.of("ping", "-n", "-i", "0.01", b.v4), Map.of(), log)) {
      var whole = left.command("python3", "-c", BUSY).withTimeout(PATIENCE).check();
      assertThat(whole.strip()).as("answers of 40 clients").isEqualTo("800\nwhole");
      assertThat(left.exec("wg", "show", "wg0", "allowed-ips").lines()).hasSize(1 + 1000 + 40);
      await("an answer to the ping that went on")
          .atMost(PATIENCE)
          .until(() -> ping.lastLines(3).contains("bytes from"));
    }
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  @Test
  @Scenario(
      "300 clients that ask for 10,000 peers and do not read the answer: others are served,"
          + " packets flow, memory is bounded, and all of it is released")
  void clientsThatDoNotReadBlockNoOtherClient() throws IOException {
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
  @Scenario(
      "300 clients that stop in the middle of a request block no other client; their complete"
          + " lines are applied when they disconnect, as with wireguard-go")
  void clientsThatStopWithinARequestBlockNoOtherClient() {
    var before = left.exec("wg", "showconf", "wg0");
    var log = folder.resolve("silent.log");
    try (var silent = left.start("silent", List.of("python3", "-c", SILENT), Map.of(), log)) {
      await("300 clients").atMost(PATIENCE).until(() -> silent.lastLines(1).contains("connected"));
      assertThat(left.exec("wg", "showconf", "wg0")).isEqualTo(before);
      await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
    }
    await("the peer that 60 of them had named")
        .atMost(PATIENCE)
        .until(() -> left.exec("wg", "show", "wg0", "allowed-ips").contains("\t10.0.0.0/8"));
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  @Test
  @Scenario("A line or a request that never ends costs no memory, whatever is in it")
  void endlessRequestTakesNoMemory() {
    assertThat(endless("", "x", 1 << 14)).as("one line").startsWith("closed\n");
    var begin = "set=1\npublic_key=" + "7".repeat(64) + "\n";
    var line = "allowed_ip=10.9.9.9/32\n";
    var other = "allowed_ip=-10.9.9.9/32\n";
    for (var lines :
        List.of(
            begin + line,
            begin + "remove=true\n" + line,
            begin + "update_only=true\n" + line,
            begin + other,
            "set=1\nnonsense=1\n" + line)) {
      int at = lines.lastIndexOf("allowed_ip");
      assertThat(endless(lines.substring(0, at), lines.substring(at), 1 << 9))
          .as(lines)
          .startsWith("read\n");
    }
    await("a ping").atMost(PATIENCE).until(() -> a.pings(b.v4));
  }

  /** The result of the client; fails if the daemon kept the bytes that it wrote. */
  private String endless(String begin, String more, int times) {
    var said =
        left.command("python3", "-c", ENDLESS, begin, more, Integer.toString(times))
            .withTimeout(PATIENCE)
            .check();
    int growth = Integer.parseInt(said.lines().toList().getLast().strip());
    // 2 million lines would be 200 MB and more; the heap takes some room for what is short-lived.
    assertThat(growth).as("MB more after %s%s...", begin, more).isLessThan(100);
    return said;
  }
}
