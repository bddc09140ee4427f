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
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes in at one end of a tunnel comes out at the other, whatever WIREMESH_OFFLOADS says. */
@RequiresTun
@RequiresTool({"wg", "ip", "python3"})
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

  /** TCP in pieces of all sizes, so that superframes have odd ends; says whether it came back. */
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

  @AutoClose private final Hosts hosts = Hosts.forTest("wo");
  private final Host left = hosts.create("left");
  private final Host right = hosts.create("right");

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "all",
        "none",
        "tun-read",
        "tun-write",
        "tun-queues",
        "udp-send",
        "udp-receive,tun-write"
      })
  @Scenario("TCP arrives as it was sent, whichever of the kernel's offloads are switched on")
  void tcpArrivesAsItWasSent(String offloads) {
    left.connect("eth0", right, "eth0");
    left.address("eth0", "192.0.2.1/24");
    right.address("eth0", "192.0.2.2/24");
    var keys =
        List.of(PrivateKey.generate(new SecureRandom()), PrivateKey.generate(new SecureRandom()));
    end(left, offloads, keys.get(0), keys.get(1), 1);
    end(right, "all", keys.get(1), keys.get(0), 2);
    try (var server =
        right.start("server", List.of("python3", "-c", SERVER), Map.of(), folder.resolve("log"))) {
      await().atMost(PATIENCE).until(() -> server.lastLines(1).contains("ready"));
      assertThat(
              left.command("python3", "-c", CLIENT, "10.70.0.2")
                  .withTimeout(PATIENCE)
                  .check()
                  .strip())
          .isEqualTo("same");
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
            "0.0.0.0/0",
            "endpoint",
            "192.0.2." + (3 - number) + ":51820")
        .withInput(own.toBase64() + "\n")
        .check();
    host.address("wg0", "10.70.0." + number + "/24");
    host.ip("link", "set", "wg0", "up");
  }
}
