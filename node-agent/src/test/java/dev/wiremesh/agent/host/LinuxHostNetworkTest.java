package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.host.link.LinkPlan;
import dev.wiremesh.agent.host.nft.HostFilter;
import dev.wiremesh.agent.host.nft.NftCommand;
import dev.wiremesh.agent.host.sysctl.ChangedSysctls;
import dev.wiremesh.agent.host.sysctl.Ipv6Forwarding;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RouteOrigin;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.core.topology.RoutingPlan;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The host network on a host of its own with a real TUN; {@code ip} shows the result. */
@RequiresTun
@RequiresTool("nft")
final class LinuxHostNetworkTest {
  private static final Set<String> POOLS = Set.of("10.70.0.0/16", "fd70::/64");
  private static final HostFootprint FOOTPRINT = new HostFootprint("home", "wg-home", 5190, 519);

  @AutoClose private final Hosts hosts = Hosts.forTest("ag");
  private final Host host = hosts.create("host");
  @AutoClose private final Rtnetlink netlink;
  private final LinuxHostNetwork network;

  LinuxHostNetworkTest(@TempDir Path folder) throws IOException {
    netlink = NetworkNamespace.inside(Path.of("/run/netns", host.namespace()), Rtnetlink::open);
    // Sysctls of this JVM's own namespace: read only, since no plan here forwards IPv6.
    var conf = Path.of("/proc/sys/net/ipv6/conf");
    network =
        new LinuxHostNetwork(
            netlink,
            new Ipv6Forwarding(conf, new ChangedSysctls(folder, conf)),
            new HostFilter(new NftCommand(host.launcher())));
  }

  @BeforeEach
  void machine() {
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far");
    host.ip("link", "set", "eth0", "up");
    host.ip("link", "set", "far", "up");
    host.address("eth0", "192.168.5.7/24");
    host.ip("route", "add", "default", "via", "192.168.5.1");
    host.ip("tuntap", "add", "wg-home", "mode", "tun");
  }

  @Test
  void planIsAppliedAndASecondCallTouchesNothing() throws IOException {
    var outcome = network.converge(plan("192.168.0.0/16", "10.70.0.0/16", "fd70::/64"));

    assertThat(outcome.mtu()).isEqualTo(1440);
    assertThat(outcome.warnings()).isEmpty();
    assertThat(host.ip("-brief", "address", "show", "wg-home"))
        .contains("10.70.0.1/32", "fd70::1/128");
    assertThat(host.ip("link", "show", "wg-home")).contains("mtu 1440", "UP");
    assertThat(lines(host.ip("route", "show", "table", "5190")))
        .containsExactlyInAnyOrder(
            "10.70.0.0/16 dev wg-home proto 87 scope link metric 512 linkdown",
            "192.168.0.0/16 dev wg-home proto 87 scope link metric 512 linkdown",
            "throw 192.168.5.0/24 proto 87 metric 256");
    assertThat(host.ip("-6", "route", "show", "table", "5190"))
        .contains("fd70::/64 dev wg-home proto 87 metric 512");
    for (var family : List.of("-4", "-6")) {
      assertThat(host.ip(family, "rule"))
          .contains("519:\tnot from all fwmark 0x57/0x7f lookup 5190 proto 87");
    }
    assertThat(host.exec("cat", "/proc/sys/net/ipv4/conf/wg-home/rp_filter")).isEqualTo("2");

    assertThat(network.converge(plan("192.168.0.0/16", "10.70.0.0/16", "fd70::/64")).changes())
        .isEmpty();
  }

  @Test
  void onlyTheDifferenceIsChanged() throws IOException {
    network.converge(plan("10.70.0.0/16", "192.168.8.0/24"));
    assertThat(network.converge(plan("10.70.0.0/16", "192.168.9.0/24")).changes())
        .containsExactly("add route 192.168.9.0/24", "delete route 192.168.8.0/24");

    host.ip("address", "add", "10.99.0.1/32", "dev", "wg-home");
    host.ip("route", "del", "10.70.0.0/16", "table", "5190");
    host.ip("link", "set", "wg-home", "mtu", "1300");
    assertThat(network.converge(plan("10.70.0.0/16", "192.168.9.0/24")).changes())
        .containsExactlyInAnyOrder(
            "set MTU 1440", "delete address 10.99.0.1", "add route 10.70.0.0/16");
  }

  @Test
  void newConnectedPrefixIsThrownAndAnOldOneNoLonger() throws IOException {
    network.converge(plan("10.0.0.0/8"));
    host.address("eth0", "10.20.0.7/24");
    assertThat(network.converge(plan("10.0.0.0/8")).changes())
        .containsExactly("add route throw 10.20.0.0/24");
    host.ip("address", "del", "10.20.0.7/24", "dev", "eth0");
    assertThat(network.converge(plan("10.0.0.0/8")).changes())
        .containsExactly("delete route throw 10.20.0.0/24");
  }

  @Test
  void gatewaysApiServerAndResolversStayBesideTheMesh() throws IOException {
    host.ip("route", "add", "default", "via", "10.99.0.1", "dev", "eth0", "onlink", "table", "77");
    var bypass =
        new BypassAddresses(
            Set.of(IpAddress.parse("10.80.0.2")), Set.of(IpAddress.parse("10.80.0.53")));
    var wanted =
        plan(link(new Mtu.Auto(), "10.70.0.1"), prefixes("10.0.0.0/8"), false, null, bypass);
    assertThat(network.converge(wanted).changes())
        .contains(
            "add route throw 10.99.0.1/32",
            "add route throw 10.80.0.2/32",
            "add route throw 10.80.0.53/32");
    assertThat(host.ip("route", "get", "10.80.0.2")).contains("via 192.168.5.1 dev eth0");
    assertThat(host.ip("route", "get", "10.80.0.3")).contains("dev wg-home");

    host.ip("route", "del", "default", "table", "77");
    host.ip("route", "add", "default", "via", "10.98.0.1", "dev", "eth0", "onlink", "table", "77");
    assertThat(network.converge(wanted).changes())
        .containsExactly("add route throw 10.98.0.1/32", "delete route throw 10.99.0.1/32");
  }

  @Test
  void poolInsideTheLanIsRoutedAndTheLanStays() throws IOException {
    host.address("eth0", "10.1.2.3/8");
    var outcome = network.converge(plan("10.70.0.0/16"));
    assertThat(outcome.findings()).isEmpty();
    assertThat(host.ip("route", "get", "10.70.9.9")).contains("dev wg-home");
    assertThat(host.ip("route", "get", "10.71.9.9")).contains("dev eth0");
    assertThat(host.ip("route", "get", "10.1.2.9")).contains("dev eth0");
  }

  @Test
  void poolThatTheLanUsesIsNotRouted() throws IOException {
    host.address("eth0", "10.70.2.3/8");
    var outcome = network.converge(plan("10.70.0.0/16"));
    assertThat(outcome.findings())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.isProblem()).isTrue();
          assertThat(finding.message()).contains("10.70.2.3", "eth0", "10.0.0.0/8");
        });
    assertThat(host.ip("route", "get", "10.70.9.9")).contains("dev eth0");
  }

  @Test
  void routesAndRulesOfOthersAreNotTouched() throws IOException {
    host.ip("route", "add", "10.1.0.0/16", "dev", "eth0", "table", "5190", "proto", "static");
    host.ip("rule", "add", "priority", "518", "lookup", "5190");
    host.ip("rule", "add", "priority", "519", "fwmark", "9", "lookup", "77");
    network.converge(plan("10.70.0.0/16"));
    network.remove(FOOTPRINT);

    assertThat(host.ip("route", "show", "table", "5190"))
        .isEqualTo("10.1.0.0/16 dev eth0 proto static scope link");
    assertThat(host.ip("rule"))
        .contains("518:\tfrom all lookup 5190", "519:\tfrom all fwmark 0x9 lookup 77")
        .doesNotContain("proto 87");
    assertThat(host.ip("link")).doesNotContain("wg-home");
  }

  @Test
  void foreignInterfaceIsRecognised() throws IOException {
    assertThat(network.isForeign("wg-home")).isTrue();
    assertThat(network.isForeign("nothing")).isFalse();
    assertThat(network.isForeign("eth0")).isTrue();
    network.converge(plan("10.70.0.0/16"));
    assertThat(network.isForeign("wg-home")).isFalse();
  }

  @Test
  void onlyTunInterfacesAreDeleted() throws IOException {
    network.remove(new HostFootprint("home", "eth0", 5190, 519));
    network.remove(new HostFootprint("home", "gone", 5190, 519));
    assertThat(host.ip("link")).contains("eth0");
  }

  /** The smallest MTU of routes to peers counts, not only those of interfaces. */
  @Test
  void mtuOfARouteCounts() throws IOException {
    host.ip("route", "change", "default", "via", "192.168.5.1", "mtu", "1400");
    assertThat(network.converge(plan("10.70.0.0/16")).mtu()).isEqualTo(1340);
    host.ip("route", "change", "default", "via", "192.168.5.1", "mtu", "9000");
    assertThat(network.converge(plan("10.70.0.0/16")).mtu()).isEqualTo(1440);
    host.ip("link", "set", "eth0", "mtu", "9000");
    assertThat(network.converge(plan("10.70.0.0/16")).mtu()).isEqualTo(8940);
  }

  @Test
  void smallestNextHopOfAMultipathRouteCounts() throws IOException {
    host.ip("link", "add", "eth1", "mtu", "1300", "type", "veth", "peer", "name", "far1");
    host.ip("link", "set", "eth1", "up");
    host.address("eth1", "192.168.6.7/24");
    host.ip(
        "route",
        "replace",
        "default",
        "nexthop",
        "via",
        "192.168.5.1",
        "nexthop",
        "via",
        "192.168.6.1");
    var ipv4 = plan(link(new Mtu.Auto(), "10.70.0.1"), prefixes("10.70.0.0/16"), false, null);
    assertThat(network.converge(ipv4).mtu()).isEqualTo(1240);
    assertThat(network.converge(plan("10.70.0.0/16")).mtu())
        .as("the least for an IPv6 address")
        .isEqualTo(1280);
  }

  @Test
  void measuredPathMtuLimitsAnAutomaticMtuAlone() throws IOException {
    var outcome = network.converge(plan("10.70.0.0/16").withPathMtu(1320));
    assertThat(outcome.mtu()).isEqualTo(1320);
    assertThat(outcome.underlayMtu()).isEqualTo(1440);
    assertThat(host.ip("link", "show", "wg-home")).contains("mtu 1320");
    var fixed = plan(link(new Mtu.Fixed(1400), "10.70.0.1"), List.of(), false, null);
    assertThat(network.converge(fixed.withPathMtu(1320)).mtu()).isEqualTo(1400);
  }

  @Test
  void fixedMtuIsTakenAsItIs() throws IOException {
    var fixed = plan(link(new Mtu.Fixed(1300), "10.70.0.1"), List.of(), true, null);
    assertThat(network.converge(fixed).mtu()).isEqualTo(1300);
    assertThat(host.ip("link", "show", "wg-home")).contains("mtu 1300");
    assertThat(host.exec("cat", "/proc/sys/net/ipv4/conf/wg-home/forwarding")).isEqualTo("1");
  }

  @Test
  void forwardedPacketsAreClampedAndMasqueraded() throws IOException {
    var outcome = network.converge(gateway("10.70.0.0/16"));
    assertThat(outcome.changes()).contains("set nft table wiremesh_home");
    assertThat(host.exec("nft", "list", "table", "inet", "wiremesh_home"))
        .contains("tcp option maxseg size set rt mtu")
        .contains("icmp type redirect drop")
        .contains("ip saddr 10.70.0.0/16 ip daddr != { 10.70.0.0/16, 10.244.1.0/24 } masquerade");
    assertThat(network.converge(gateway("10.70.0.0/16")).changes()).isEmpty();

    assertThat(network.converge(gateway("10.70.0.0/16", "fd70::/64")).changes())
        .containsExactly("set nft table wiremesh_home");
    assertThat(host.exec("nft", "list", "ruleset")).contains("ip6 saddr fd70::/64");
    host.exec("nft", "delete table inet wiremesh_home");
    assertThat(network.converge(gateway("10.70.0.0/16")).changes())
        .containsExactly("set nft table wiremesh_home");

    network.remove(FOOTPRINT);
    assertThat(host.exec("nft", "list", "ruleset")).isEmpty();
  }

  private static HostPlan gateway(String... pools) {
    return plan(
        link(new Mtu.Auto(), "10.70.0.1"),
        prefixes("10.70.0.0/16"),
        true,
        new RoutingPlan.Masquerade(prefixes(pools), prefixes("10.244.1.0/24")));
  }

  private static HostPlan plan(String... routes) {
    return plan(link(new Mtu.Auto(), "10.70.0.1", "fd70::1"), prefixes(routes), false, null);
  }

  private static HostPlan plan(
      LinkPlan link,
      List<IpPrefix> destinations,
      boolean forwarding,
      RoutingPlan.@Nullable Masquerade masquerade) {
    return plan(link, destinations, forwarding, masquerade, BypassAddresses.NONE);
  }

  private static HostPlan plan(
      LinkPlan link,
      List<IpPrefix> destinations,
      boolean forwarding,
      RoutingPlan.@Nullable Masquerade masquerade,
      BypassAddresses bypass) {
    var routes =
        destinations.stream().map(prefix -> RoutePlan.toDevice(prefix, origin(prefix))).toList();
    var table = new RouteTablePlan(5190, routes);
    var routing = RoutingPlan.ofTable(table, 519, forwarding, masquerade);
    return new HostPlan("home", link, routing, Set.of(), bypass);
  }

  private static RouteOrigin origin(IpPrefix prefix) {
    return POOLS.contains(prefix.toString())
        ? RouteOrigin.POOL
        : RouteOrigin.peer(new PeerName("default", "office"));
  }

  private static LinkPlan link(Mtu mtu, String... addresses) {
    return new LinkPlan("wg-home", Stream.of(addresses).map(IpAddress::parse).toList(), mtu);
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }

  private static List<String> lines(String text) {
    return text.lines().map(String::strip).toList();
  }
}
