package dev.wiremesh.wireguard.linux.tcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.FreePort;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Probes of this machine's loopback, and from a host whose rules tell marked packets apart. */
@RequiresRoot
@RequiresTool("nft")
final class TcpProbeTest {
  private static final IpAddress LOOPBACK = IpAddress.parse("127.0.0.1");
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Of probes whose packets are dropped, which wait for all of it. */
  private static final Duration SHORT = Duration.ofMillis(200);

  private static final int MARK = 0x57;

  @AutoClose private final Hosts hosts = Hosts.forTest("tp");

  @Test
  void listeningPortConnectsAndAClosedOneDoesNot() throws IOException {
    // A probe of a closed port that the kernel gives to connections could connect to itself.
    int port = FreePort.choose();
    try (var server = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
      assertThat(server.isBound()).isTrue();
      assertThat(TcpProbe.connects(LOOPBACK, port, 0, PATIENCE)).isTrue();
      assertThat(TcpProbe.connects(LOOPBACK, port, MARK, PATIENCE)).isTrue();
    }
    assertThat(TcpProbe.connects(LOOPBACK, port, 0, PATIENCE)).isFalse();
  }

  @Test
  void addressWithoutARouteDoesNotConnect() throws IOException {
    var host = hosts.create("host");
    assertThat(connects(host, "192.0.2.1", 4711, 0, PATIENCE)).isFalse();
    assertThat(connects(host, "2001:db8::1", 4711, 0, PATIENCE)).isFalse();
  }

  @Test
  void markTakesAnotherRoute() throws IOException {
    var host = hosts.create("host");
    host.ip("address", "add", "192.0.2.1/32", "dev", "lo");
    host.ip("link", "set", "lo", "up");
    try (var server = NetworkNamespace.inside(namespace(host), TcpProbeTest::listen)) {
      host.exec(
          "nft",
          "add table inet t; add chain inet t out { type filter hook output priority 0; };"
              + " add rule inet t out ip daddr 192.0.2.1 tcp dport "
              + server.getLocalPort()
              + " mark != 0x57 drop");
      assertThat(connects(host, "192.0.2.1", server.getLocalPort(), MARK, PATIENCE)).isTrue();
      assertThat(connects(host, "192.0.2.1", server.getLocalPort(), 0, SHORT)).isFalse();
    }
  }

  private static ServerSocket listen() throws SystemCallException {
    try {
      return new ServerSocket(0, 5, InetAddress.getByName("0.0.0.0"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Path namespace(Host host) {
    return Path.of("/run/netns", host.namespace());
  }

  private static boolean connects(Host host, String address, int port, int mark, Duration timeout)
      throws IOException {
    return NetworkNamespace.inside(
        namespace(host), () -> TcpProbe.connects(IpAddress.parse(address), port, mark, timeout));
  }
}
