package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.keys.PrivateKey;
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
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** One interface that very many talk to. */
@RequiresTun
@RequiresTool({"wg", "ip"})
class ManyPeersTest {
  private static final int PEERS = 500;
  private static final int AT_ONCE = 8;
  private static final int PORT = 50_001;
  private static final IpAddress INNER = IpAddress.parse("10.71.255.254");

  @AutoClose private final Hosts hosts = Hosts.forTest("wg");
  private final Host hub = hosts.create("hub");
  private final Host world = hosts.create("world");

  @Test
  @Scenario("500 peers on one interface: each shakes hands, sends and is answered")
  void fiveHundredPeers() throws Exception {
    hub.connect("eth0", world, "eth0");
    hub.address("eth0", "192.0.2.1/24");
    world.address("eth0", "192.0.2.2/24");
    var peers =
        NetworkNamespace.inside(
            Path.of("/run/netns", world.namespace()),
            () -> IntStream.range(0, PEERS).mapToObj(ManyPeersTest::peer).toList());
    var key = PrivateKey.generate(new SecureRandom());
    var configuration = new StringBuilder();
    configuration.append("[Interface]\nPrivateKey=").append(key.toBase64());
    configuration.append("\nListenPort=").append(PORT).append('\n');
    peers.forEach(peer ->
        configuration
            .append("[Peer]\nPublicKey=" + peer.publicKey())
            .append("\nAllowedIPs=" + peer.address() + "/32\n"));
    Implementation.WIREMESH.make(hub, WgEnd.INTERFACE);
    hub.command("wg", "setconf", WgEnd.INTERFACE, "/dev/stdin")
        .withInput(configuration.toString())
        .check();
    hub.address(WgEnd.INTERFACE, INNER + "/16");
    hub.ip("link", "set", WgEnd.INTERFACE, "up");

    var pings = new ArrayList<Callable<Boolean>>();
    peers.forEach(peer -> pings.add(() -> pings(peer, key.publicKey())));
    try (var pool = Executors.newFixedThreadPool(AT_ONCE)) {
      for (var answered : pool.invokeAll(pings)) {
        assertThat(answered.get()).isTrue();
      }
    } finally {
      peers.forEach(PlainPeer::close);
    }
    assertThat(hub.exec("wg", "show", WgEnd.INTERFACE, "latest-handshakes").lines())
        .hasSize(PEERS)
        .noneMatch(line -> line.endsWith("\t0"));
    assertThat(hub.exec("wg", "show", WgEnd.INTERFACE, "endpoints").lines())
        .extracting(line -> line.substring(line.indexOf('\t') + 1))
        .doesNotHaveDuplicates()
        .allMatch(endpoint -> endpoint.startsWith("192.0.2.2:"));
  }

  private static boolean pings(PlainPeer peer, PublicKey hub) throws Exception {
    return peer.pings(hub, new InetSocketAddress("192.0.2.1", PORT), INNER);
  }

  private static PlainPeer peer(int number) {
    try {
      return new PlainPeer(
          new DatagramSocket(new InetSocketAddress("0.0.0.0", 0)),
          IpAddress.v4(0x0a470001 + number));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
