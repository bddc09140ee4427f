package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.process.CommandResult;
import dev.wiremesh.wireguard.daemon.SiteHooks.Firewall;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * TCP transfers between a device of a LAN and a host behind the mesh, with the hooks of a site
 * router between them. A veth pair with an MTU of 1280 stands for the tunnel. The devices at both
 * ends have an MTU of 1500, and the ICMP errors of packets that are too big are dropped.
 *
 * <pre>device -- site -- (tunnel) -- gateway -- far</pre>
 */
@RequiresRoot
@RequiresTool({"bash", "ip", "nft", "iptables", "ip6tables", "python3"})
class SitePacketsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final int TUNNEL_MTU = 1280;

  private static final String FAR = "10.244.0.5";
  private static final String FAR_6 = "fd00:244::5";
  private static final String DEVICE = "192.168.1.10";
  private static final String DEVICE_6 = "fd12:1::10";

  private static final IpPrefix LAN = IpPrefix.parse("192.168.1.0/24");
  private static final IpPrefix LAN_6 = IpPrefix.parse("fd12:1::/64");

  private static final String BLACK_HOLE =
      """
      table inet blackhole {
        chain output {
          type filter hook output priority filter;
          icmp type destination-unreachable drop
          icmpv6 type packet-too-big drop
        }
      }
      """;

  /** Returns the client's address, then as many bytes as it gets. */
  private static final String SERVER =
      """
      import socket, threading
      def serve(connection, address):
          connection.settimeout(20)
          count = 0
          try:
              while data := connection.recv(65536):
                  count += len(data)
              connection.sendall(address.replace("::ffff:", "").encode() + b"\\n" + bytes(count))
          except OSError as error:
              print(error, flush=True)
          connection.close()
      server = socket.create_server(("::", 5001), family=socket.AF_INET6, dualstack_ipv6=True)
      print("ready", flush=True)
      while True:
          connection, peer = server.accept()
          threading.Thread(target=serve, args=(connection, peer[0]), daemon=True).start()
      """;

  /** Prints the address that the server saw. */
  private static final String CLIENT =
      """
      import socket, sys
      size = 300000
      tcp = socket.create_connection((sys.argv[1], 5001), timeout=float(sys.argv[2]))
      tcp.sendall(bytes(size))
      tcp.shutdown(socket.SHUT_WR)
      received = b""
      while data := tcp.recv(65536):
          received += data
      seen, rest = received.split(b"\\n", 1)
      assert len(rest) == size, len(rest)
      print(seen.decode())
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("sp");
  private final Host device = hosts.create("device");
  private final Host site = hosts.create("site");
  private final Host gateway = hosts.create("gateway");
  private final Host far = hosts.create("far");
  @TempDir private Path folder;

  @BeforeEach
  void connect() {
    device.connect("eth0", site, "eth0");
    site.connect("wg0", gateway, "wg0");
    gateway.connect("eth0", far, "eth0");
    site.mtu("wg0", TUNNEL_MTU);
    gateway.mtu("wg0", TUNNEL_MTU);
    addresses(device, "eth0", DEVICE + "/24", DEVICE_6 + "/64");
    addresses(site, "eth0", "192.168.1.1/24", "fd12:1::1/64");
    addresses(site, "wg0", "10.70.0.2/24", "fd00:70::2/64");
    addresses(gateway, "wg0", "10.70.0.1/24", "fd00:70::1/64");
    addresses(gateway, "eth0", "10.244.0.1/24", "fd00:244::1/64");
    addresses(far, "eth0", FAR + "/24", FAR_6 + "/64");
    defaultRoutes(device, "192.168.1.1", "fd12:1::1");
    defaultRoutes(site, "10.70.0.1", "fd00:70::1");
    defaultRoutes(gateway, "10.70.0.2", "fd00:70::2");
    defaultRoutes(far, "10.244.0.1", "fd00:244::1");
    gateway.enableForwarding();
    for (var router : List.of(site, gateway)) {
      router.command("nft", "-f", "-").withInput(BLACK_HOLE).check();
    }
    for (var end : List.of(device, far)) {
      var log = folder.resolve(end.name() + ".log");
      var server = end.start("server", List.of("python3", "-c", SERVER), Map.of(), log);
      await().atMost(PATIENCE).until(() -> server.lastLines(1).contains("ready"));
    }
  }

  private static void addresses(Host host, String device, String... addresses) {
    for (var address : addresses) {
      host.address(device, address);
    }
  }

  private static void defaultRoutes(Host host, String ipv4, String ipv6) {
    host.route("default", ipv4);
    host.ip("-6", "route", "replace", "default", "via", ipv6);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void segmentsFitTheTunnelWhereIcmpErrorsAreLost(Firewall firewall) {
    SiteHooks.offer(firewall, site);
    site.enableForwarding();
    assertThat(transfer(device, FAR, 2).succeeded()).as("without a clamp").isFalse();

    var routes = List.of(SiteRoute.of(LAN, false), SiteRoute.of(LAN_6, false));
    SiteHooks.run(site, "wg0", routes, HookPoint.POST_UP);

    assertSeen(device, FAR, DEVICE);
    assertSeen(far, DEVICE, FAR);
    assertSeen(device, FAR_6, DEVICE_6);
    assertSeen(far, DEVICE_6, FAR_6);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void masqueradedSegmentsFitTheTunnelToo(Firewall firewall) {
    SiteHooks.offer(firewall, site);
    var routes = List.of(SiteRoute.of(LAN, true), SiteRoute.of(LAN_6, true));
    SiteHooks.run(site, "wg0", routes, HookPoint.POST_UP);

    assertSeen(far, DEVICE, "192.168.1.1");
    assertSeen(far, DEVICE_6, "fd12:1::1");
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void bothFamiliesAreTranslatedInBothDirections(Firewall firewall) {
    SiteHooks.offer(firewall, site);
    var routes =
        List.of(
            new SiteRoute(LAN, false, IpPrefix.parse("10.201.0.0/24")),
            new SiteRoute(LAN_6, false, IpPrefix.parse("fd00:201::/64")));
    SiteHooks.run(site, "wg0", routes, HookPoint.POST_UP);

    assertSeen(device, FAR, "10.201.0.10");
    assertSeen(far, "10.201.0.10", FAR);
    assertSeen(device, FAR_6, "fd00:201::10");
    assertSeen(far, "fd00:201::10", FAR_6);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void translatedRoutesAreMasqueradedToo(Firewall firewall) {
    SiteHooks.offer(firewall, site);
    var routes =
        List.of(
            new SiteRoute(LAN, true, IpPrefix.parse("10.201.0.0/24")),
            new SiteRoute(LAN_6, true, IpPrefix.parse("fd00:201::/64")));
    SiteHooks.run(site, "wg0", routes, HookPoint.POST_UP);

    assertSeen(far, "10.201.0.10", "192.168.1.1");
    assertSeen(far, "fd00:201::10", "fd12:1::1");
  }

  /** A whole transfer to the address, whose other end sees this source. */
  private static void assertSeen(Host from, String address, String source) {
    var result = transfer(from, address, 20);
    assertThat(result.errors()).as("from %s to %s", from.name(), address).isEmpty();
    assertThat(result.output().strip()).isEqualTo(source);
  }

  private static CommandResult transfer(Host from, String address, int timeoutSeconds) {
    return from.command("python3", "-c", CLIENT, address, String.valueOf(timeoutSeconds)).run();
  }
}
