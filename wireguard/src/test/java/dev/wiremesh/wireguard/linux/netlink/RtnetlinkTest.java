package dev.wiremesh.wireguard.linux.netlink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings.ReversePathFilter;
import dev.wiremesh.wireguard.linux.netlink.NetlinkMonitor.Topic;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.AddressAdded;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.AddressRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkChanged;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.LinkRemoved;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.RouteAdded;
import dev.wiremesh.wireguard.linux.netlink.NetworkChange.RouteRemoved;
import dev.wiremesh.wireguard.linux.syscall.Errno;
import dev.wiremesh.wireguard.linux.syscall.Libc;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import dev.wiremesh.wireguard.linux.syscall.SystemCallException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes through {@code Rtnetlink} are seen by {@code ip}, and the other way round. */
@RequiresRoot
class RtnetlinkTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int TABLE = 51820;
  private static final int PROTOCOL = 87;
  private static final IpPrefix V4_BLOCK = IpPrefix.parse("10.70.0.0/16");
  private static final IpPrefix V6_BLOCK = IpPrefix.parse("fd70::/48");

  @AutoClose private final Hosts hosts = Hosts.forTest("lx");
  private final Host host = hosts.create("nl");
  @AutoClose private final Rtnetlink netlink = open();
  private Link link;

  private Rtnetlink open() {
    try {
      return NetworkNamespace.inside(Path.of("/run/netns", host.namespace()), Rtnetlink::open);
    } catch (SystemCallException e) {
      throw new AssertionError(e);
    }
  }

  @BeforeEach
  void makeLink() throws SystemCallException {
    host.ip("tuntap", "add", "mesh0", "mode", "tun", "multi_queue");
    link = netlink.links().byName("mesh0").orElseThrow();
  }

  @Test
  void linksAreFoundByNameAndIndex() throws SystemCallException {
    assertThat(link.kind()).isEqualTo("tun");
    assertThat(link.up()).isFalse();
    assertThat(link.tun()).isEqualTo(new TunInfo(true, true, false, false, 0));
    assertThat(netlink.links().byIndex(link.index())).contains(link);
    assertThat(netlink.links().byName("nothing")).isEmpty();
    assertThat(netlink.links().byIndex(4711)).isEmpty();
    assertThat(netlink.links().list()).extracting(Link::name).containsExactly("lo", "mesh0");
  }

  @Test
  void gatewaysOfAllDefaultRoutesAreListed() throws SystemCallException {
    host.ip("link", "set", "mesh0", "up");
    host.address("mesh0", "192.168.5.7/24");
    host.ip("-6", "address", "add", "2001:db8::7/64", "dev", "mesh0", "nodad");
    host.ip("route", "add", "default", "via", "192.168.5.1", "dev", "mesh0", "onlink");
    host.ip(
        ("route add default metric 9 nexthop via 192.168.5.2 dev mesh0 onlink"
                + " nexthop via 192.168.5.3 dev mesh0 onlink")
            .split(" "));
    host.ip(
        "route", "add", "default", "via", "192.168.5.4", "dev", "mesh0", "table", "77", "onlink");
    host.ip("route", "add", "default", "via", "inet6", "fe80::9", "dev", "mesh0", "metric", "10");
    host.ip("-6", "route", "add", "default", "via", "2001:db8::1", "dev", "mesh0", "onlink");
    host.ip("route", "add", "10.9.0.0/16", "via", "192.168.5.99", "dev", "mesh0", "onlink");
    assertThat(netlink.routes().defaultGateways())
        .extracting(gateway -> gateway.address().toString())
        .containsExactlyInAnyOrder(
            "192.168.5.1", "192.168.5.2", "192.168.5.3", "192.168.5.4", "fe80::9", "2001:db8::1");
    assertThat(netlink.routes().defaultGateways())
        .extracting(DefaultGateway::linkIndex)
        .containsOnly(link.index());
  }

  @Test
  void linksOfAnotherNamespaceAreFoundByItsNumberWhichDoesNotHoldIt() throws Exception {
    var other = hosts.create("other");
    var file = Path.of("/run/netns", other.namespace());
    int id = namespaceId(file);
    assertThat(namespaceId(file)).isEqualTo(id);

    other.ip("tuntap", "add", "far0", "mode", "tun");
    other.mtu("far0", 1300);
    var far = netlink.links().byName("far0", id).orElseThrow();
    assertThat(far.mtuBytes()).isEqualTo(1300);
    assertThat(netlink.links().byName("mesh0", id)).isEmpty();
    assertThat(netlink.links().byName("far0")).isEmpty();

    hosts.remove(other);
    await()
        .atMost(PATIENCE)
        .untilAsserted(() ->
            assertThatThrownBy(() -> netlink.links().byName("far0", id))
                .isInstanceOf(NetlinkException.class));
  }

  private int namespaceId(Path file) throws SystemCallException {
    int fd = Libc.open(file.toString(), Libc.O_RDONLY | Libc.O_CLOEXEC);
    try {
      return netlink.namespaces().idOf(fd);
    } finally {
      Libc.close(fd);
    }
  }

  @Test
  void linksAreChanged() throws SystemCallException {
    netlink.links().setMtu(link.index(), 1380);
    netlink.links().setTransmitQueueLength(link.index(), 1000);
    netlink.links().setUp(link.index());

    assertThat(host.ip("-j", "link", "show", "mesh0"))
        .contains("\"mtu\":1380", "\"txqlen\":1000", "\"UP\"");
    var changed = netlink.links().byIndex(link.index()).orElseThrow();
    assertThat(changed.mtuBytes()).isEqualTo(1380);
    assertThat(changed.transmitQueueLength()).isEqualTo(1000);
    assertThat(changed.up()).isTrue();

    netlink.links().setDown(link.index());
    assertThat(netlink.links().byIndex(link.index()).orElseThrow().up()).isFalse();
    netlink.links().delete(link.index());
    assertThat(netlink.links().byName("mesh0")).isEmpty();
  }

  @Test
  void ipv4SettingsAreThoseOfTheSysctls() throws SystemCallException {
    var settings = new Ipv4Settings(true, ReversePathFilter.LOOSE, true);
    netlink.links().setIpv4(link.index(), settings);

    assertThat(netlink.links().byIndex(link.index()).orElseThrow().ipv4()).isEqualTo(settings);
    assertThat(sysctl("forwarding")).isEqualTo("1");
    assertThat(sysctl("rp_filter")).isEqualTo("2");
    assertThat(sysctl("src_valid_mark")).isEqualTo("1");
  }

  private String sysctl(String name) {
    return host.exec("cat", "/proc/sys/net/ipv4/conf/mesh0/" + name);
  }

  @Test
  void addressesOfBothFamiliesComeAndGo() throws SystemCallException {
    netlink.links().setUp(link.index());
    var v4 = InterfaceAddress.single(link.index(), IpAddress.parse("10.70.1.2"));
    var v6 = InterfaceAddress.single(link.index(), IpAddress.parse("fd70::2"));
    var network = new InterfaceAddress(link.index(), IpAddress.parse("10.71.0.1"), 24, true);
    for (var address : List.of(v4, v6, network)) {
      netlink.addresses().add(address);
    }

    assertThat(netlink.addresses().ofLink(link.index())).contains(v4, v6, network);
    assertThat(host.ip("-j", "address", "show", "mesh0"))
        .contains("\"local\":\"10.70.1.2\",\"prefixlen\":32", "\"local\":\"fd70::2\"");
    assertThat(host.ip("route")).contains("10.71.0.0/24").doesNotContain("10.70");

    assertThatThrownBy(() -> netlink.addresses().add(v4))
        .asInstanceOf(InstanceOfAssertFactories.type(SystemCallException.class))
        .extracting(SystemCallException::errno)
        .isEqualTo(Errno.EEXIST);
    netlink.addresses().delete(v4);
    netlink.addresses().delete(v6);
    assertThat(netlink.addresses().ofLink(link.index())).contains(network).doesNotContain(v4, v6);
  }

  @Test
  void routesComeAndGoInTheirOwnTable() throws SystemCallException {
    netlink.links().setUp(link.index());
    var v4 = ours(Route.unicast(V4_BLOCK, link.index())).withMetric(20);
    var v6 = ours(Route.unicast(V6_BLOCK, link.index())).withMetric(20);
    var hole = ours(Route.without(Route.Type.THROW, V4_BLOCK)).withMetric(10);
    var hole6 = ours(Route.without(Route.Type.THROW, V6_BLOCK)).withMetric(10);
    for (var route : List.of(v4, v6, hole, hole6)) {
      netlink.routes().add(route);
    }
    host.ip("route", "add", "10.99.0.0/16", "dev", "mesh0", "table", Integer.toString(TABLE));

    assertThat(netlink.routes().list(RouteFilter.ofTable(TABLE).withProtocol(PROTOCOL)))
        .containsExactlyInAnyOrder(v4, v6, hole, hole6);
    assertThat(netlink.routes().list(RouteFilter.ofTable(TABLE))).hasSize(5);
    var shown = host.ip("-j", "route", "show", "table", Integer.toString(TABLE));
    assertThat(shown)
        .contains(
            "\"type\":\"throw\",\"dst\":\"10.70.0.0/16\",\"protocol\":\"87\"",
            "\"dst\":\"10.70.0.0/16\",\"dev\":\"mesh0\",\"protocol\":\"87\"");

    assertThatThrownBy(() -> netlink.routes().add(v4))
        .hasMessageContaining("EEXIST")
        .hasMessageContaining("10.70.0.0/16");
    for (var route : List.of(v4, v6, hole, hole6)) {
      netlink.routes().delete(route);
    }
    assertThat(netlink.routes().list(RouteFilter.ofTable(TABLE).withProtocol(PROTOCOL))).isEmpty();
  }

  @Test
  void aReplacedRouteTakesThePlaceOfTheOldOne() throws SystemCallException {
    netlink.links().setUp(link.index());
    netlink.addresses().add(InterfaceAddress.single(link.index(), IpAddress.parse("10.70.1.2")));
    var route = ours(Route.unicast(V4_BLOCK, link.index())).withMetric(20);
    var better = route.withPreferredSource(IpAddress.parse("10.70.1.2"));
    netlink.routes().replace(route);
    netlink.routes().replace(better);

    assertThat(netlink.routes().list(RouteFilter.ofTable(TABLE))).containsExactly(better);
  }

  @Test
  void defaultRoutesAndGatewaysAreRead() throws SystemCallException {
    netlink.links().setUp(link.index());
    host.ip("address", "add", "192.0.2.2/24", "dev", "mesh0");
    host.ip("route", "add", "default", "via", "192.0.2.1");

    assertThat(netlink.routes().list(RouteFilter.ofTable(Route.MAIN_TABLE)))
        .contains(
            Route.unicast(IpPrefix.parse("0.0.0.0/0"), link.index())
                .withProtocol(3)
                .withGateway(IpAddress.parse("192.0.2.1")));
  }

  @Test
  void rulesComeAndGo() throws SystemCallException {
    var rules =
        List.of(
            Rule.unlessMarked(Family.IPV4, 5000, TABLE, 0x57, PROTOCOL),
            Rule.unlessMarked(Family.IPV6, 5000, TABLE, 0x57, PROTOCOL),
            new Rule(Family.IPV4, 5001, TABLE, 0x100, 0xff00, false, PROTOCOL),
            Rule.always(Family.IPV4, 5002, 254, PROTOCOL));
    for (var rule : rules) {
      netlink.rules().add(rule);
    }

    assertThat(netlink.rules().ofProtocol(PROTOCOL)).containsExactlyInAnyOrderElementsOf(rules);
    assertThat(host.ip("rule"))
        .contains("5000:\tnot from all fwmark 0x57 lookup 51820 proto 87")
        .contains("5001:\tfrom all fwmark 0x100/0xff00 lookup 51820 proto 87");
    for (var rule : rules) {
      netlink.rules().delete(rule);
    }
    assertThat(netlink.rules().ofProtocol(PROTOCOL)).isEmpty();
    assertThat(netlink.rules().list()).isNotEmpty();
  }

  @Test
  void theKernelsOwnWordsAreInTheError() {
    assertThatThrownBy(() -> netlink.routes().add(Route.unicast(V4_BLOCK, 4711)))
        .isInstanceOf(NetlinkException.class)
        .hasMessageContaining("add route 10.70.0.0/16 dev 4711");
    assertThatThrownBy(() -> netlink.links().setMtu(link.index(), 1))
        .hasMessageContaining("kernel: mtu less than device minimum")
        .hasMessageContaining("EINVAL");
  }

  @Test
  void aLongDumpIsReadWhole() throws SystemCallException {
    netlink.links().setUp(link.index());
    for (int i = 0; i < 3000; i++) {
      netlink
          .routes()
          .add(ours(Route.unicast(IpAddress.v4(0x0a460000 + i).toPrefix(), link.index())));
    }
    assertThat(netlink.routes().list(RouteFilter.ofTable(TABLE))).hasSize(3000);
  }

  @Test
  void monitorReportsLinksAddressesAndRoutes() throws Exception {
    var changes = new CopyOnWriteArrayList<NetworkChange>();
    var monitor =
        NetworkNamespace.inside(
            Path.of("/run/netns", host.namespace()),
            () -> NetlinkMonitor.open(Topic.LINKS, Topic.ADDRESSES, Topic.ROUTES));
    var thread = Thread.ofPlatform().start(() -> watch(monitor, changes));
    try {
      netlink.links().setUp(link.index());
      host.ip("address", "add", "192.0.2.2/32", "dev", "mesh0");
      host.ip("route", "add", "10.70.0.0/16", "dev", "mesh0");
      host.ip("route", "del", "10.70.0.0/16", "dev", "mesh0");
      host.ip("address", "del", "192.0.2.2/32", "dev", "mesh0");
      host.ip("link", "del", "mesh0");

      await()
          .atMost(PATIENCE)
          .until(() -> changes.stream().anyMatch(LinkRemoved.class::isInstance));
      assertThat(changes)
          .hasAtLeastOneElementOfType(LinkChanged.class)
          .hasAtLeastOneElementOfType(AddressAdded.class)
          .hasAtLeastOneElementOfType(AddressRemoved.class)
          .hasAtLeastOneElementOfType(RouteAdded.class)
          .hasAtLeastOneElementOfType(RouteRemoved.class);
    } finally {
      monitor.stop();
      thread.join();
      monitor.close();
    }
  }

  private static void watch(NetlinkMonitor monitor, List<NetworkChange> changes) {
    try {
      monitor.run(changes::add);
    } catch (SystemCallException e) {
      throw new AssertionError(e);
    }
  }

  private static Route ours(Route route) {
    return route.withTable(TABLE).withProtocol(PROTOCOL);
  }
}
