package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.junit.Scenario;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * One interface with 500 peers.
 *
 * <p>Takes 20 s: 1,500 handshakes, each with another key.
 */
@RequiresTun
@RequiresTool({"wg", "ip", "ping", "tcpdump", "wireguard-go"})
@Execution(ExecutionMode.CONCURRENT)
class ManyPeersTest {
  private static final int PEERS = 500;

  /** Of them, those that are an interface with all that belongs to it. */
  private static final int WHOLE = 2;

  private static final int AT_ONCE = 8;

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host hub = hosts.create("hub");
  private final Host world = hosts.create("world");

  @Tag("long")
  @ParameterizedTest
  @Scenario("Each of 500 peers on one interface completes a handshake, sends and gets replies")
  @CsvSource({"WIREMESH, WIREGUARD_GO", "WIREGUARD_GO, WIREMESH", "WIREMESH, WIREMESH"})
  void fiveHundredPeers(Implementation here, Implementation there) throws Exception {
    hub.connect("eth0", world, "eth0");
    hub.address("eth0", "192.0.2.1/24");
    world.address("eth0", "192.0.2.2/24");
    var center = new WgEnd(hub, here, 1);
    hub.ip("route", "add", "10.71.0.0/16", "dev", WgEnd.INTERFACE);
    var whole = IntStream.range(0, WHOLE).mapToObj(number -> whole(there, number)).toList();
    var plain =
        NetworkNamespace.inside(
            Path.of("/run/netns", world.namespace()),
            () -> IntStream.range(0, PEERS - WHOLE).mapToObj(ManyPeersTest::plain).toList());
    var endpoints =
        plain.stream().map(peer -> "192.0.2.2:" + peer.port()).collect(Collectors.toSet());
    try (var wire = Wire.at(world, "eth0")) {
      whole.forEach(end -> center.peer(end));
      hub.command("wg", "addconf", WgEnd.INTERFACE, "/dev/stdin")
          .withInput(plain.stream().map(ManyPeersTest::configuration).collect(Collectors.joining()))
          .check();
      assertAnswered(plain, PublicKey.parse(center.publicKey()), center.v4);
      for (var end : whole) {
        end.peer(center, "endpoint", "198.51.100.1:" + center.port);
        end.awaitPing(center.v4);
        center.awaitPing(end.v4);
      }
      assertThat(hub.exec("wg", "show", WgEnd.INTERFACE, "latest-handshakes").lines())
          .hasSize(PEERS)
          .noneMatch(line -> line.endsWith("\t0"));
      assertThat(hub.exec("wg", "show", WgEnd.INTERFACE, "endpoints").lines())
          .extracting(line -> line.substring(line.indexOf('\t') + 1))
          .doesNotHaveDuplicates()
          .allMatch(endpoint -> endpoint.startsWith("192.0.2.2:") || endpoint.contains(":5000"));
      assertOnlyTheyHear(wire, endpoints, center);
    }
  }

  /** A host of its own, on a cable of its own. */
  private WgEnd whole(Implementation maker, int number) {
    var host = hosts.create("whole" + number);
    hub.connect("whole" + number, host, "eth0");
    var prefix = "198.51.100.";
    hub.address("whole" + number, prefix + "1/32");
    host.address("eth0", prefix + (2 + number) + "/24");
    hub.ip("route", "add", prefix + (2 + number), "dev", "whole" + number);
    return new WgEnd(host, maker, 2 + number);
  }

  private static String configuration(PlainPeer peer) {
    return "[Peer]\nPublicKey=%s\nAllowedIPs=%s/32\n".formatted(peer.publicKey(), peer.address());
  }

  private static void assertAnswered(List<PlainPeer> peers, PublicKey key, String inner)
      throws Exception {
    var pings = new ArrayList<Callable<Boolean>>();
    var hub = new InetSocketAddress("192.0.2.1", 50_001);
    peers.forEach(peer -> pings.add(() -> peer.pings(key, hub, IpAddress.parse(inner))));
    try (var pool = Executors.newFixedThreadPool(AT_ONCE)) {
      for (var answered : pool.invokeAll(pings)) {
        assertThat(answered.get()).isTrue();
      }
    } finally {
      peers.forEach(PlainPeer::close);
    }
  }

  /** Only these peers receive datagrams, and only WireGuard messages. */
  private static void assertOnlyTheyHear(Wire wire, Set<String> peers, WgEnd center) {
    wire.awaitAny(Wire.from("192.0.2.1", Wire.RESPONSE));
    wire.awaitAny(Wire.from("192.0.2.1", Wire.DATA));
    assertThat(wire.messages())
        .filteredOn(message -> message.isFrom("192.0.2.1"))
        .as("what the one with many peers sends")
        .allMatch(message -> peers.contains(message.destination()));
    wire.assertNothingInClear(center);
  }

  private static PlainPeer plain(int number) {
    try {
      return new PlainPeer(
          new DatagramSocket(new InetSocketAddress("0.0.0.0", 0)),
          IpAddress.v4(0x0a470001 + number));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
