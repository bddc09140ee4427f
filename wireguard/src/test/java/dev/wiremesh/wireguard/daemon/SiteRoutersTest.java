package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.keys.PrivateKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixWidening;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.testkit.process.CommandResult;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * LANs behind site routers that are plain WireGuard clients, brought up by an unmodified {@code
 * wg-quick} with the hooks that client configurations have. The devices of the LANs know nothing of
 * the mesh. Each echo request is judged where it arrives: by its source and its destination.
 *
 * <p>The hub stands for a node that is a gateway, with a pod behind it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@RequiresTun
@RequiresTool({"wg", "wg-quick", "ip", "nft", "ping", "tcpdump"})
class SiteRoutersTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String FILE = "/run/wgsite.conf";
  private static final String TUNNEL = "wgsite";
  private static final SecureRandom RANDOM = new SecureRandom();
  private static final PrivateKey HUB_KEY = PrivateKey.generate(RANDOM);
  private static final List<IpPrefix> MESH =
      prefixes("10.70.0.0/16", "10.244.0.0/16", "fd00:70::/64");

  private final Hosts hosts = Hosts.forTest("sr");
  private final Host hub = hosts.create("hub");
  private final Host pod = hosts.create("pod");
  private final List<Site> sites = new ArrayList<>();
  private final Site plain = new Site("plain", 2, "192.168.2", null, false);
  private final Site masqueraded = new Site("masq", 3, "192.168.3", null, true);
  private final Site north = new Site("north", 4, "192.168.1", "10.201.0", false);
  private final Site south = new Site("south", 5, "192.168.1", "10.202.0", false);
  private final Client laptop = new Client("laptop", 9);

  /** A WireGuard client with an uplink to the hub. */
  private final class Client {
    final String name;
    final int number;
    final PrivateKey key = PrivateKey.generate(RANDOM);
    final Host host;

    Client(String name, int number) {
      this.name = name;
      this.number = number;
      this.host = hosts.create(name);
    }

    String address() {
      return "10.70.0." + number;
    }

    void connect(List<IpPrefix> routed) {
      hub.connect(name, host, "eth0");
      hub.address(name, "198.51.100." + (4 * number + 1) + "/30");
      host.address("eth0", "198.51.100." + (4 * number + 2) + "/30");
      var allowed = new ArrayList<>(List.of(address() + "/32", "fd00:70::" + number + "/128"));
      routed.forEach(block -> allowed.add(block.toString()));
      hub.exec(
          "wg",
          "set",
          "wg0",
          "peer",
          key.publicKey().toString(),
          "allowed-ips",
          String.join(",", allowed));
      routed.forEach(block -> hub.ip("route", "add", block.toString(), "dev", "wg0"));
    }

    void up(List<IpPrefix> allowedIps, List<SiteRoute> routes) {
      var config =
          new WgQuickConfig(
              List.of(),
              new WgQuickConfig.Interface(
                  List.of(),
                  key,
                  Stream.of(address(), "fd00:70::" + number).map(AddressWithPrefix::parse).toList(),
                  List.of(),
                  1280,
                  null,
                  SiteRouterScript.hooks(routes)),
              List.of(
                  new WgQuickConfig.Peer(
                      List.of(),
                      HUB_KEY.publicKey(),
                      null,
                      allowedIps,
                      ConfiguredEndpoint.parse("198.51.100." + (4 * number + 1) + ":51900"),
                      Duration.ofSeconds(25))));
      host.command("sh", "-c", "umask 077; cat > " + FILE)
          .withInput(WgQuickText.render(config))
          .check();
      quick("up");
    }

    void quick(String verb) {
      host.command("wg-quick", verb, FILE)
          .withEnvironment("WG_QUICK_USERSPACE_IMPLEMENTATION", Installation.bin("wiremesh-wg"))
          .withTimeout(Daemons.PATIENCE)
          .check();
    }

    long tunnelPackets() {
      return Long.parseLong(
          host.exec("cat", "/proc/net/dev")
              .lines()
              .filter(line -> line.strip().startsWith(TUNNEL + ":"))
              .findFirst()
              .orElseThrow()
              .split(":")[1]
              .strip()
              .split("\\s+")[9]);
    }
  }

  /** A LAN with a router and a device, whose addresses end with 1 and 10. */
  private final class Site {
    final Client router;
    final Host device;
    final String lan;
    final String mesh;
    final SiteRoute route;

    Site(String name, int number, String lan, @Nullable String mesh, boolean masquerade) {
      this.router = new Client(name, number);
      this.device = hosts.create(name + "-device");
      this.lan = lan;
      this.mesh = mesh == null ? lan : mesh;
      this.route =
          new SiteRoute(
              IpPrefix.parse(lan + ".0/24"),
              masquerade,
              mesh == null ? null : IpPrefix.parse(mesh + ".0/24"));
      sites.add(this);
    }

    void connect() {
      router.connect(List.of(route.meshBlock()));
      router.host.createBridge("lan");
      router.host.address("lan", lan + ".1/24");
      device.connectToBridge("eth0", router.host, "lan", "device");
      device.address("eth0", lan + ".10/24");
      if (!route.masquerade()) {
        device.route("default", lan + ".1");
      }
    }

    void up() {
      var allowed = new ArrayList<>(MESH);
      sites.stream()
          .filter(other -> other != this)
          .map(other -> other.route.meshBlock())
          .filter(block -> !block.equals(route.cidr()))
          .forEach(allowed::add);
      router.up(allowed, List.of(route));
    }

    /** Where the others reach the device. */
    String target() {
      return mesh + ".10";
    }
  }

  @BeforeAll
  void connect() {
    hub.enableForwarding();
    Implementation.WIREMESH.make(hub, "wg0");
    hub.command("wg", "set", "wg0", "listen-port", "51900", "private-key", "/dev/stdin")
        .withInput(HUB_KEY.toBase64() + "\n")
        .check();
    hub.address("wg0", "10.70.0.1/16");
    hub.address("wg0", "fd00:70::1/64");
    hub.ip("link", "set", "wg0", "up");
    hub.connect("pod", pod, "eth0");
    hub.address("pod", "10.244.0.1/24");
    pod.address("eth0", "10.244.0.5/24");
    pod.route("default", "10.244.0.1");

    sites.forEach(Site::connect);
    sites.forEach(Site::up);
    laptop.connect(List.of());
    laptop.up(laptopsAllowedIps(), List.of());
  }

  private List<IpPrefix> laptopsAllowedIps() {
    var blocks = sites.stream().map(site -> site.route.meshBlock()).toList();
    var allowed = new ArrayList<>(MESH);
    allowed.addAll(blocks);
    return PrefixWidening.of(allowed, blocks, List.of()).prefixes();
  }

  @AfterAll
  void remove() {
    hosts.close();
  }

  @Test
  void deviceSeesTheTrueSourceOfNodesPodsPeersAndOtherSites() {
    assertArrives(hub, plain, "10.70.0.1");
    assertArrives(pod, plain, "10.244.0.5");
    assertArrives(laptop.host, plain, "10.70.0.9");
    assertArrives(north.device, plain, "10.201.0.10");
    assertArrives(south.device, plain, "10.202.0.10");
  }

  @Test
  void deviceWithoutARouteBackSeesItsRouterAndAnswers() {
    for (var from : List.of(hub, pod, laptop.host, plain.device, north.device)) {
      assertArrives(from, masqueraded, "192.168.3.1");
    }
  }

  @Test
  void translatedDeviceIsReachedFromNodesPodsPeersAndOtherSites() {
    assertArrives(hub, north, "10.70.0.1");
    assertArrives(pod, north, "10.244.0.5");
    assertArrives(laptop.host, north, "10.70.0.9");
    assertArrives(plain.device, north, "192.168.2.10");
  }

  @Test
  void lansWithOnePrefixReachEachOtherUnderTheirTranslatedAddresses() {
    assertArrives(north.device, south, "10.201.0.10");
    assertArrives(south.device, north, "10.202.0.10");
  }

  @Test
  void devicesReachNodesPodsAndPeers() {
    for (var site : List.of(plain, north, south)) {
      var source = site.mesh + ".10";
      assertArrives(site.device, "10.70.0.1", hub, "wg0", source, "10.70.0.1");
      assertArrives(site.device, "10.244.0.5", pod, "eth0", source, "10.244.0.5");
      assertArrives(site.device, "10.70.0.9", laptop.host, TUNNEL, source, "10.70.0.9");
    }
  }

  /** The configuration carries the office's /24 as a /23, so that the LAN's route is longer. */
  @Test
  void laptopInTheOfficeUsesItsLanDirectlyAndTheTunnelForTheRest() {
    var host = laptop.host;
    assertArrives(host, plain, "10.70.0.9");

    host.connectToBridge("eth1", plain.router.host, "lan", "laptop");
    host.address("eth1", "192.168.2.50/24");
    try {
      long before = laptop.tunnelPackets();
      assertArrives(host, plain, "192.168.2.50");
      assertThat(laptop.tunnelPackets()).isEqualTo(before);

      assertArrives(host, north, "10.70.0.9");
      assertArrives(host, masqueraded, "192.168.3.1");
      assertThat(laptop.tunnelPackets()).isGreaterThan(before);
      // And with a tunnel that comes up in the office.
      laptop.quick("down");
      laptop.quick("up");
      assertArrives(host, plain, "192.168.2.50");
      assertArrives(pod, "10.70.0.9", host, TUNNEL, "10.244.0.5", "10.70.0.9");
    } finally {
      host.ip("link", "delete", "eth1");
    }
    assertArrives(host, plain, "10.70.0.9");
  }

  private static void assertArrives(Host from, Site site, String source) {
    assertArrives(from, site.target(), site.device, "eth0", source, site.lan + ".10");
  }

  /** An echo request is answered, and arrives with this source and this destination. */
  private static void assertArrives(
      Host from, String target, Host to, String device, String source, String destination) {
    try (var capture = to.capture(device, "icmp[icmptype] == icmp-echo")) {
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(from.ping(target))
                  .as("ping %s from %s", target, from.name())
                  .matches(CommandResult::succeeded));
      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(capture.packets())
                  .isNotEmpty()
                  .allMatch(line ->
                      line.contains("IP " + source + " > " + destination + ": ICMP echo request")));
    }
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
