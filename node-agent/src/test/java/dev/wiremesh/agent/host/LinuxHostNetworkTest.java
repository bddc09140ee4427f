package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.Mtu;
import dev.wiremesh.core.topology.RoutingPlan;
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
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On a host of its own, with a real TUN; {@code ip} is the second opinion. */
@RequiresTun
@RequiresTool("nft")
final class LinuxHostNetworkTest {
  private static final HostFootprint FOOTPRINT = new HostFootprint("home", "wg-home", 5190, 519);

  @AutoClose private final Hosts hosts = Hosts.forTest("ag");
  private final Host host = hosts.create("host");
  @AutoClose private final Rtnetlink netlink;
  private final LinuxHostNetwork network;

  LinuxHostNetworkTest(@TempDir Path folder) throws IOException {
    netlink = NetworkNamespace.inside(Path.of("/run/netns", host.namespace()), Rtnetlink::open);
    // The sysctls of this JVM's own namespace are none of this test's business.
    var conf = Path.of("/proc/sys/net/ipv6/conf");
    network =
        new LinuxHostNetwork(
            netlink,
            new Ipv6Forwarding(conf, new ChangedSysctls(folder, conf)),
            new NftCommand(host.launcher()));
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
  void planIsInForceAndASecondLookTouchesNothing() throws IOException {
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
  void newNeighbourhoodIsThrownAndAnOldOneNoLonger() throws IOException {
    network.converge(plan("10.0.0.0/8"));
    host.address("eth0", "10.20.0.7/24");
    assertThat(network.converge(plan("10.0.0.0/8")).changes())
        .containsExactly("add route throw 10.20.0.0/24");
    host.ip("address", "del", "10.20.0.7/24", "dev", "eth0");
    assertThat(network.converge(plan("10.0.0.0/8")).changes())
        .containsExactly("delete route throw 10.20.0.0/24");
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
  void foreignInterfaceIsTold() throws IOException {
    assertThat(network.isForeign("wg-home")).isTrue();
    assertThat(network.isForeign("nothing")).isFalse();
    assertThat(network.isForeign("eth0")).isTrue();
    network.converge(plan("10.70.0.0/16"));
    assertThat(network.isForeign("wg-home")).isFalse();
  }

  @Test
  void nothingThatIsNoTunIsEverDeleted() throws IOException {
    network.remove(new HostFootprint("home", "eth0", 5190, 519));
    network.remove(new HostFootprint("home", "gone", 5190, 519));
    assertThat(host.ip("link")).contains("eth0");
  }

  @Test
  void fixedMtuIsTakenAsItIs() throws IOException {
    var fixed =
        new HostPlan(
            "home",
            "wg-home",
            List.of(IpAddress.parse("10.70.0.1")),
            new Mtu.Fixed(1300),
            false,
            5190,
            519,
            List.of(),
            true,
            null,
            Set.of());
    assertThat(network.converge(fixed).mtu()).isEqualTo(1300);
    assertThat(host.ip("link", "show", "wg-home")).contains("mtu 1300");
    assertThat(host.exec("cat", "/proc/sys/net/ipv4/conf/wg-home/forwarding")).isEqualTo("1");
  }

  @Test
  void packetsThatPassThroughAreClampedAndSpokenFor() throws IOException {
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
    return new HostPlan(
        "home",
        "wg-home",
        List.of(IpAddress.parse("10.70.0.1")),
        new Mtu.Auto(),
        false,
        5190,
        519,
        List.of(IpPrefix.parse("10.70.0.0/16")),
        true,
        new RoutingPlan.Masquerade(
            Stream.of(pools).map(IpPrefix::parse).toList(),
            List.of(IpPrefix.parse("10.244.1.0/24"))),
        Set.of());
  }

  private static HostPlan plan(String... routes) {
    return new HostPlan(
        "home",
        "wg-home",
        List.of(IpAddress.parse("10.70.0.1"), IpAddress.parse("fd70::1")),
        new Mtu.Auto(),
        true,
        5190,
        519,
        Stream.of(routes).map(IpPrefix::parse).toList(),
        false,
        null,
        Set.of());
  }

  private static List<String> lines(String text) {
    return text.lines().map(String::strip).toList();
  }
}
