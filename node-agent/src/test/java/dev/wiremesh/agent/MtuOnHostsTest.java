package dev.wiremesh.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.testkit.junit.ConcurrentClass;
import dev.wiremesh.testkit.junit.RequiresKubernetes;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.kubernetes.ControlPlane;
import dev.wiremesh.testkit.process.ManagedProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Large transfers in both directions, by TCP and by datagrams of 8,000 bytes, between two nodes and
 * a plain client, over underlays of several sizes.
 *
 * <p>Takes two minutes: paths are checked once a minute. Without offloads, since a filter would see
 * several datagrams as a large one.
 */
@Tag("long")
@RequiresKubernetes(own = true)
@RequiresTool({"wg", "ping", "nft", "python3"})
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@ConcurrentClass
final class MtuOnHostsTest extends OnHosts {
  private static final List<String> NODES = List.of("node-a", "node-b");
  private static final String NODE_B = "10.70.0.2";
  private static final String LAPTOP = "10.70.1.1";

  /** Returns as many bytes as it gets, by TCP; every datagram, by UDP. */
  private static final String SERVER =
      """
      import socket, sys, threading
      tcp = socket.create_server((sys.argv[1], 5001))
      udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      udp.bind((sys.argv[1], 5001))
      def datagrams():
          while True:
              data, sender = udp.recvfrom(65536)
              udp.sendto(data, sender)
      threading.Thread(target=datagrams, daemon=True).start()
      print("ready", flush=True)
      while True:
          connection, _ = tcp.accept()
          connection.settimeout(20)
          count = 0
          try:
              while data := connection.recv(65536):
                  count += len(data)
              connection.sendall(bytes(count))
          except OSError as error:
              print(error, flush=True)
          connection.close()
      """;

  private static final String CLIENT =
      """
      import socket, sys
      size = 3000000
      tcp = socket.create_connection((sys.argv[1], 5001), timeout=20)
      tcp.sendall(bytes(size))
      tcp.shutdown(socket.SHUT_WR)
      count = 0
      while data := tcp.recv(65536):
          count += len(data)
      assert count == size, count
      print("tcp", flush=True)
      if len(sys.argv) > 2:
          sys.exit(0)
      udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
      udp.settimeout(2)
      for number in range(20):
          for attempt in range(3):
              udp.sendto(bytes([number]) * 8000, (sys.argv[1], 5001))
              try:
                  assert udp.recv(65536)[0] == number
                  break
              except TimeoutError:
                  assert attempt < 2, "datagrams are lost"
      print("udp", flush=True)
      """;

  private final List<ManagedProcess> servers = new ArrayList<>();
  @TempDir static Path folder;

  MtuOnHostsTest(ControlPlane controlPlane) throws IOException {
    super(controlPlane);
  }

  @BeforeAll
  void buildMesh() throws IOException {
    mesh.environment("WIREMESH_OFFLOADS", "none");
    mesh.build();
    var key = PrivateKey.generate(new SecureRandom());
    cluster.peer("home", "laptop", key.publicKey(), LAPTOP, "node-a");
    mesh.startLaptop(key);
    mesh.host("laptop").mtu("wg0", 1280);
    mesh.awaitPing("node-b", LAPTOP);
    mesh.awaitPing("node-a", NODE_B);
    serve("node-b", NODE_B);
    serve("laptop", LAPTOP);
  }

  @AfterAll
  void stopServers() {
    servers.forEach(ManagedProcess::close);
  }

  @ParameterizedTest
  @Order(1)
  @CsvSource({"1280, 1280", "1400, 1340", "9000, 8940", "1500, 1440"})
  void largeTransfersPass(int underlay, int inside) throws IOException {
    mesh.underlayMtu(underlay);
    awaitMtu(inside);
    transferBothWays();
  }

  /** The kernel of the gateway answers, for packets from elsewhere in the mesh. */
  @Test
  @Order(2)
  void packetThatDoesNotFitIsAnsweredByFragmentationNeeded() {
    var toNode = pingWhole("node-a", NODE_B, 1500);
    assertThat(toNode).contains("message too long, mtu=1440");
    mesh.host("laptop").mtu("wg0", 8000);
    var fromLaptop = pingWhole("laptop", NODE_B, 1500);
    mesh.host("laptop").mtu("wg0", 1280);
    assertThat(fromLaptop).contains("Frag needed and DF set (mtu = 1440)");
  }

  @Test
  @Order(3)
  void blackHoleIsFoundAndLargeTransfersPass() throws IOException {
    dropLongerThan(1400, "node-a", "node-b", "laptop");
    // 1340 would fit, but is padded to 1344 bytes while the MTU is larger.
    awaitMtu(1320);
    transferBothWays();
  }

  /** The client's MTU of 1280 bounds the segments of both ends. */
  @Test
  @Order(4)
  void tcpPassesABlackHoleBeforeAClient() throws IOException {
    for (var name : List.of("node-a", "node-b", "laptop")) {
      mesh.host(name).exec("nft", "delete table inet blackhole");
    }
    dropLongerThan(1400, "laptop");
    transfer("laptop", NODE_B, "tcp");
    transfer("node-b", LAPTOP, "tcp");
  }

  private void transferBothWays() throws IOException {
    transfer("node-a", NODE_B);
    transfer("laptop", NODE_B);
    transfer("node-b", LAPTOP);
  }

  private void transfer(String from, String to, String... only) throws IOException {
    var script = Files.writeString(folder.resolve("client.py"), CLIENT);
    var command = new ArrayList<>(List.of("python3", script.toString(), to));
    command.addAll(List.of(only));
    var result = mesh.host(from).command(command.toArray(String[]::new)).run();
    assertThat(result.succeeded()).as("%s to %s: %s", from, to, result.output()).isTrue();
  }

  private void awaitMtu(int bytes) {
    for (var node : NODES) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(mesh.host(node).ip("link", "show", "wg-home"))
                  .as(node)
                  .contains("mtu " + bytes + " "));
    }
  }

  private String pingWhole(String from, String to, int bytes) {
    var ping = "ping -n -c 1 -W 2 -M do -s %d %s 2>&1".formatted(bytes - 28, to);
    return mesh.host(from).command("bash", "-c", ping).run().output();
  }

  /** Drops datagrams of the underlay before fragments are put together. */
  private void dropLongerThan(int bytes, String... hosts) {
    for (var name : hosts) {
      mesh.host(name)
          .command("nft", "-f", "-")
          .withInput(
              """
              table inet blackhole {
                chain prerouting {
                  type filter hook prerouting priority -500;
                  iifname "eth0" ip length > %d drop
                }
              }
              """
                  .formatted(bytes))
          .check();
    }
  }

  private void serve(String host, String address) throws IOException {
    var script = Files.writeString(folder.resolve("server.py"), SERVER);
    var server =
        mesh.host(host)
            .start(
                "server",
                List.of("python3", script.toString(), address),
                Map.of(),
                folder.resolve(host + "-server.log"));
    servers.add(server);
    await().atMost(PATIENCE).until(() -> server.lastLines(1).contains("ready"));
  }
}
