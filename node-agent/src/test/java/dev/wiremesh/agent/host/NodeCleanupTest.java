package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.testkit.junit.RequiresTun;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.syscall.NetworkNamespace;
import dev.wiremesh.wireguard.linux.tun.LinuxTun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A host before and after; {@code ip} says whether it is the same. */
@RequiresTun
@RequiresTool("nft")
final class NodeCleanupTest {
  @AutoClose private final Hosts hosts = Hosts.forTest("ag");
  private final Host host = hosts.create("host");
  @AutoClose private final Rtnetlink netlink;
  private final Path state;
  private final Path conf;
  private final Path capabilities;
  private final NodeCleanup cleanup;
  private final NftCommand nftables;

  NodeCleanupTest(@TempDir Path folder) throws IOException {
    netlink = NetworkNamespace.inside(Path.of("/run/netns", host.namespace()), Rtnetlink::open);
    state = folder.resolve("state");
    conf = folder.resolve("conf");
    for (var name : List.of("all", "eth0")) {
      Files.createDirectories(conf.resolve(name));
      Files.writeString(conf.resolve(name).resolve("forwarding"), "0\n");
      Files.writeString(conf.resolve(name).resolve("accept_ra"), "1\n");
    }
    nftables = new NftCommand(host.launcher());
    capabilities = folder.resolve("status");
    Files.writeString(capabilities, "CapEff:\t0000000000001000\n");
    cleanup = new NodeCleanup(netlink, state, conf, nftables, capabilities);
  }

  @BeforeEach
  void setUpNetworkOfAnotherProgram() {
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "far");
    // Link-local routes appear only after duplicate address detection, between two snapshots.
    for (var link : List.of("eth0", "far")) {
      host.ip("link", "set", link, "addrgenmode", "none", "up");
    }
    host.address("eth0", "192.168.5.7/24");
    host.ip("route", "add", "10.9.0.0/16", "dev", "eth0", "table", "77", "proto", "99");
    host.ip("rule", "add", "priority", "900", "lookup", "77");
    host.ip("tuntap", "add", "tun9", "mode", "tun");
    host.exec("nft", "add table inet somebody_elses");
  }

  @Test
  void nodeIsAsItWas() throws IOException {
    var before = picture();
    makeMesh("home", 5190);
    makeMesh("office", 5191);
    assertThat(Files.readString(conf.resolve("all/forwarding"))).isEqualTo("1");
    assertThat(Files.readString(conf.resolve("eth0/accept_ra"))).isEqualTo("2");

    assertThat(cleanup.run())
        .contains(
            "interface wg-home",
            "interface wg-office",
            "nft table inet wiremesh_home",
            "nft table inet wiremesh_office",
            "route 10.70.0.0/16 of table 5190",
            "rule 5190 IPV4 to table 5190",
            "sysctl net/ipv6/conf/all/forwarding = 0",
            "sysctl net/ipv6/conf/eth0/accept_ra = 1",
            "state in " + state);
    assertThat(picture()).isEqualTo(before);
    assertThat(Files.readString(conf.resolve("all/forwarding"))).isEqualTo("0");
    assertThat(Files.readString(conf.resolve("eth0/accept_ra"))).isEqualTo("1");
    assertThat(state.resolve("networks")).doesNotExist();
    assertThat(cleanup.run()).as("the second time there is nothing").isEmpty();
  }

  @Test
  void objectsMissingInTheStateAreFoundByTheirMarks() throws IOException {
    var before = picture();
    makeMesh("home", 5190);
    Files.delete(state.resolve("networks/home.properties"));
    assertThat(cleanup.run()).contains("interface wg-home");
    assertThat(picture()).isEqualTo(before);
  }

  @Test
  void sysctlChangedByAnotherProgramIsLeftAlone() throws IOException {
    makeMesh("home", 5190);
    Files.writeString(conf.resolve("eth0/accept_ra"), "0");
    assertThat(cleanup.run()).doesNotContain("sysctl net/ipv6/conf/eth0/accept_ra = 1");
    assertThat(Files.readString(conf.resolve("eth0/accept_ra"))).isEqualTo("0");
  }

  @Test
  void checkChangesNothing() throws IOException {
    makeMesh("home", 5190);
    cleanup.check();
    assertThat(host.ip("link", "show", "wg-home")).contains("UP");
    assertThat(host.ip("rule")).contains("lookup 5190");
    assertThat(host.ip("route", "show", "table", "5190")).contains("10.70.0.0/16 dev wg-home");
    assertThat(host.exec("nft", "list", "ruleset")).contains("inet wiremesh_home");
    assertThat(state.resolve("networks/home.properties")).exists();
    assertThat(Files.readString(conf.resolve("all/forwarding"))).isEqualTo("1");
  }

  @Test
  void checkFindsAMissingCapability() throws IOException {
    Files.writeString(capabilities, "CapEff:\t0000000000000400\n");
    assertThatThrownBy(cleanup::check).hasMessageContaining("no capability NET_ADMIN");
  }

  /** As it is when nftables of the kernel, or the rights on it, are gone. */
  @Test
  void checkFindsAPacketFilterThatRefuses(@TempDir Path folder) throws IOException {
    makeMesh("home", 5190);
    var launcher = folder.resolve("launcher");
    Files.writeString(
        launcher,
        """
        #!/bin/sh
        case "$*" in *--check*) echo 'Operation not permitted' >&2; exit 1;; esac
        exec %s "$@"
        """
            .formatted(String.join(" ", host.launcher())));
    assertThat(launcher.toFile().setExecutable(true)).isTrue();
    var refusing = new NftCommand(List.of(launcher.toString()));
    var check = new NodeCleanup(netlink, state, conf, refusing, capabilities);
    assertThatThrownBy(check::check).hasMessageContaining("Operation not permitted");
  }

  @Test
  void nothingIsTouchedWhileAnAgentRuns() throws IOException {
    makeMesh("home", 5190);
    host.ip("link", "delete", "wg-home");
    var tun = openTun("wg-home");
    try {
      converge("home", 5190);
      var before = picture();
      assertThatThrownBy(cleanup::run)
          .isInstanceOf(NodeCleanup.InUseException.class)
          .hasMessageContaining("Interface wg-home is in use: an agent runs on this node.");
      assertThat(picture()).isEqualTo(before);
    } finally {
      tun.close();
    }
  }

  private LinuxTun openTun(String name) throws IOException {
    return NetworkNamespace.inside(
        Path.of("/run/netns", host.namespace()), () -> LinuxTun.openPersistent(name));
  }

  private void makeMesh(String network, int table) throws IOException {
    host.ip("tuntap", "add", "wg-" + network, "mode", "tun");
    converge(network, table);
  }

  private void converge(String network, int table) throws IOException {
    new FootprintStore(state).save(new HostFootprint(network, "wg-" + network, table, table));
    var link = new LinkPlan("wg-" + network, List.of(IpAddress.parse("10.70.0.1")), new Mtu.Auto());
    var routes =
        Stream.of("10.70.0.0/16", "192.168.0.0/16", "fd70::/64")
            .map(IpPrefix::parse)
            .map(prefix -> RoutePlan.toDevice(prefix, RouteOrigin.POOL))
            .toList();
    var routing = RoutingPlan.ofTable(new RouteTablePlan(table, routes), table, true, null);
    var ipv6 = new Ipv6Forwarding(conf, new ChangedSysctls(state, conf));
    var _ =
        new LinuxHostNetwork(netlink, ipv6, new HostFilter(nftables))
            .converge(new HostPlan(network, link, routing, Set.of(), BypassAddresses.NONE));
  }

  private String picture() {
    var picture = new StringBuilder();
    picture.append(host.ip("-brief", "link"));
    picture.append(host.exec("nft", "list", "ruleset"));
    for (var family : List.of("-4", "-6")) {
      picture.append(host.ip(family, "-brief", "address"));
      picture.append(host.ip(family, "rule"));
      picture.append(host.ip(family, "route", "show", "table", "all"));
    }
    return picture.toString();
  }
}
