package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * TCP and UDP arrive as they were sent, with each setting of WIREMESH_OFFLOADS.
 *
 * <p>Two daemons for each set of switches; the sets of a single switch belong to the tier {@code
 * long}.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "python3"})
@Execution(ExecutionMode.CONCURRENT)
class OffloadSwitchesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(300);

  /** Takes one connection, reads to its end, and sends all of it back. */
  private static final String SERVER =
      """
      import socket
      listener = socket.create_server(("", 7000))
      print("ready", flush=True)
      connection, _ = listener.accept()
      data = b""
      while chunk := connection.recv(1 << 20):
          data += chunk
      connection.sendall(data)
      connection.close()
      """;

  /** TCP in pieces of all sizes, so that GSO packets have odd ends; checks the echo. */
  private static final String CLIENT =
      """
      import random, socket, sys
      data = random.randbytes(3_000_000)
      connection = socket.create_connection((sys.argv[1], 7000))
      at = 0
      while at < len(data):
          piece = random.choice([1, 100, 1380, 1381, 20_000, 200_000])
          connection.sendall(data[at:at + piece])
          at += piece
      connection.shutdown(socket.SHUT_WR)
      back = b""
      while chunk := connection.recv(1 << 20):
          back += chunk
      print("same" if back == data else "different: %d bytes" % len(back))
      """;

  /** Sends what came in pieces back in the same pieces, in one call, once all are there. */
  private static final String SEGMENT_SERVER =
      """
      import socket, struct
      server = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
      server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
      server.bind(("::", 7000))
      print("ready", flush=True)
      waiting = {}
      while True:
          data, sender = server.recvfrom(65536)
          number, index, count = struct.unpack_from("!IHH", data)
          pieces = waiting.setdefault(number, {})
          pieces[index] = data
          if len(pieces) == count:
              del waiting[number]
              UDP_SEGMENT = 103
              server.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, len(pieces[0]))
              server.sendto(b"".join(pieces[i] for i in range(count)), sender)
      """;

  /** Many datagrams in one call, the last one shorter; what is lost is sent again. */
  private static final String SEGMENT_CLIENT =
      """
      import random, socket, struct, sys
      UDP_SEGMENT = 103
      number = 0
      for address in sys.argv[1:]:
          family = socket.AF_INET6 if ":" in address else socket.AF_INET
          client = socket.socket(family, socket.SOCK_DGRAM)
          client.connect((address, 7000))
          client.settimeout(3)
          for size in (9, 100, 1001, 1352):
              client.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
              for count in (1, 2, 7, 40):
                  for last in (size, random.randrange(8, size)):
                      number += 1
                      lengths = [size] * (count - 1) + [last]
                      pieces = [struct.pack("!IHH", number, i, count) + random.randbytes(n - 8)
                                for i, n in enumerate(lengths)]
                      back = {}
                      for attempt in range(40):
                          try:
                              client.send(b"".join(pieces))
                              while len(back) < count:
                                  data = client.recv(65536)
                                  its, index, _ = struct.unpack_from("!IHH", data)
                                  if its == number:
                                      back[index] = data
                              break
                          except OSError:
                              pass  # lost, or no receiver yet
                      what = "%d times %d, the last %d, by %s" % (count, size, last, address)
                      if len(back) < count:
                          sys.exit("never came back: " + what)
                      if [back.get(i) for i in range(count)] != pieces:
                          sys.exit("came back different: " + what)
      print("same")
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("wo");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"all", "none"})
  @Scenario("TCP arrives as it was sent, with all of the kernel's offloads and with none")
  void tcpArrivesAsItWasSent(String offloads) {
    tunnel(offloads);
    assertThat(backAndForth(SERVER, CLIENT, "10.70.0.2")).isEqualTo("same");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(
      strings = {"tun-read", "tun-write", "tun-queues", "udp-send", "udp-receive,tun-write"})
  @Scenario("TCP arrives as it was sent, with any single offload of the kernel")
  void tcpArrivesAsItWasSentWithOneOffload(String offloads) {
    tcpArrivesAsItWasSent(offloads);
  }

  @ParameterizedTest
  @ValueSource(strings = {"all", "none"})
  @Scenario(
      "UDP of both families that is sent in one call, with an odd last datagram, arrives as it was"
          + " sent, with all of the kernel's offloads and with none")
  void segmentedUdpArrivesAsItWasSent(String offloads) {
    tunnel(offloads);
    assertThat(backAndForth(SEGMENT_SERVER, SEGMENT_CLIENT, "10.70.0.2", "fd70::2"))
        .isEqualTo("same");
  }

  @Tag("long")
  @ParameterizedTest
  @ValueSource(strings = {"tun-read", "tun-write", "udp-send", "udp-receive,tun-write"})
  @Scenario(
      "UDP of both families that is sent in one call, with an odd last datagram, arrives as it was"
          + " sent, with any single offload of the kernel")
  void segmentedUdpArrivesAsItWasSentWithOneOffload(String offloads) {
    segmentedUdpArrivesAsItWasSent(offloads);
  }

  private void tunnel(String offloads) {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    var keys =
        List.of(PrivateKey.generate(new SecureRandom()), PrivateKey.generate(new SecureRandom()));
    end(left, offloads, keys.get(0), keys.get(1), 1);
    end(right, "all", keys.get(1), keys.get(0), 2);
  }

  /** The output of the client on the left, which starts when the server on the right is ready. */
  private String backAndForth(String serving, String asking, String... addresses) {
    try (var server =
        right.start("server", List.of("python3", "-c", serving), Map.of(), folder.resolve("log"))) {
      await().atMost(PATIENCE).until(() -> server.lastLines(1).contains("ready"));
      var client = new ArrayList<>(List.of("python3", "-c", asking));
      client.addAll(List.of(addresses));
      return left.command(client.toArray(String[]::new)).withTimeout(PATIENCE).check().strip();
    }
  }

  private static void end(
      Host host, String offloads, PrivateKey own, PrivateKey other, int number) {
    Implementation.WIREMESH
        .command(host, "wg0")
        .withEnvironment("WIREMESH_OFFLOADS", offloads)
        .withTimeout(PATIENCE)
        .check();
    host.command(
            "wg",
            "set",
            "wg0",
            "listen-port",
            "51820",
            "private-key",
            "/dev/stdin",
            "peer",
            other.publicKey().toString(),
            "allowed-ips",
            "0.0.0.0/0,::/0",
            "endpoint",
            "192.0.2." + (3 - number) + ":51820")
        .withInput(own.toBase64() + "\n")
        .check();
    host.address("wg0", "10.70.0." + number + "/24");
    host.address("wg0", "fd70::" + number + "/64");
    host.ip("link", "set", "wg0", "up");
  }
}
