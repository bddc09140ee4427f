package dev.wiremesh.wireguard.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import dev.wiremesh.testkit.host.Host;
import dev.wiremesh.testkit.host.Hosts;
import dev.wiremesh.testkit.junit.RequiresRoot;
import dev.wiremesh.testkit.junit.RequiresTool;
import dev.wiremesh.wireguard.daemon.SiteHooks.Firewall;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The hooks of site routers in a shell as wg-quick runs them, on hosts with settings and rules of
 * their own: the host is afterwards as it was before. A veth device stands for the tunnel.
 */
@RequiresRoot
@RequiresTool({"bash", "ip", "nft", "iptables"})
class SiteHooksTest {
  private static final List<SiteRoute> ROUTES =
      List.of(
          SiteRoute.of(IpPrefix.parse("192.168.4.0/24"), true),
          translated("192.168.1.0/24", "10.201.0.0/24"),
          SiteRoute.of(IpPrefix.parse("10.201.0.128/25"), false),
          SiteRoute.of(IpPrefix.parse("fd12:4::/64"), true),
          translated("fd12:1::/64", "fd00:201::/64"));

  private static final String RULES_OF_THE_HOST =
      """
      table inet filter {
        chain forward { type filter hook forward priority filter; policy accept; ct state invalid drop; }
      }
      table ip nat {
        chain postrouting { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }
      }
      """;

  @AutoClose private final Hosts hosts = Hosts.forTest("sh");

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void hostIsAsBeforeWhenTheInterfaceIsDown(Firewall firewall) {
    for (var settings :
        List.of(
            "true",
            "echo 1 > ipv4/ip_forward; echo 0 > ipv4/conf/all/accept_redirects",
            "echo 0 > ipv4/conf/all/accept_redirects; echo 1 > ipv4/conf/eth0/forwarding",
            "echo 2 > ipv6/conf/eth0/accept_ra; echo 0 > ipv6/conf/lo/accept_ra",
            "echo 1 > ipv6/conf/all/forwarding")) {
      var host = host(firewall);
      host.exec("sh", "-c", "cd /proc/sys/net; " + settings);
      var before = state(host);

      up(host, "wg0", ROUTES);
      assertThat(state(host)).isNotEqualTo(before);
      assertForwards(host);
      down(host, "wg0", ROUTES);

      assertThat(state(host)).as(settings).isEqualTo(before);
      hosts.remove(host);
    }
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void crashBetweenChangesNothing(Firewall firewall) {
    var host = host(firewall);
    var before = state(host);
    up(host, "wg0", ROUTES);
    var once = state(host);

    host.ip("link", "delete", "wg0");
    up(host, "wg0", ROUTES);
    assertThat(state(host)).isEqualTo(once);

    down(host, "wg0", ROUTES);
    assertThat(state(host)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void changedRoutesReplaceTheRules(Firewall firewall) {
    var host = host(firewall);
    var before = state(host);
    up(host, "wg0", List.of(ROUTES.getFirst()));
    var first = rules(host);
    down(host, "wg0", List.of(ROUTES.getFirst()));

    up(host, "wg0", ROUTES);
    host.ip("link", "delete", "wg0");
    up(host, "wg0", List.of(ROUTES.getFirst()));
    assertThat(rules(host)).isEqualTo(first);
    down(host, "wg0", List.of(ROUTES.getFirst()));
    assertThat(state(host)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void hostForwardsUntilTheLastOfTwoInterfacesIsDown(Firewall firewall) {
    var host = host(firewall);
    var before = state(host);
    var ipv4 = List.of(ROUTES.getFirst());
    up(host, "wg0", ipv4);
    up(host, "wg1", ROUTES);
    down(host, "wg0", ipv4);
    assertForwards(host);
    assertThat(state(host)).contains("wg1").doesNotContain("wiremesh-wg0", "wm-wg0");
    down(host, "wg1", ROUTES);
    assertThat(state(host)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource
  void clientThatChangesNoAddressesNeedsNoFirewall(Firewall firewall) {
    var host = host(firewall);
    var before = state(host);
    var routes = List.of(SiteRoute.of(IpPrefix.parse("192.168.4.0/24"), false));
    up(host, "wg0", routes);
    assertForwards(host, "ipv4/ip_forward", "ipv4/conf/eth0/forwarding");
    down(host, "wg0", routes);
    assertThat(state(host)).isEqualTo(before);
  }

  private static void assertForwards(Host host, String... settings) {
    for (var setting : settings) {
      assertThat(host.exec("cat", "/proc/sys/net/" + setting)).as(setting).isEqualTo("1");
    }
  }

  private static void assertForwards(Host host) {
    assertForwards(
        host, "ipv4/ip_forward", "ipv4/conf/eth0/forwarding", "ipv6/conf/all/forwarding");
    assertThat(host.exec("cat", "/proc/sys/net/ipv6/conf/eth0/accept_ra")).isNotEqualTo("0");
  }

  private Host host(Firewall firewall) {
    var host = hosts.create("site");
    host.ip("link", "add", "eth0", "type", "veth", "peer", "name", "eth1");
    host.ip("link", "set", "eth0", "up");
    host.ip("link", "set", "eth1", "up");
    host.command("nft", "-f", "-").withInput(RULES_OF_THE_HOST).check();
    SiteHooks.offer(firewall, host);
    return host;
  }

  private static void up(Host host, String device, List<SiteRoute> routes) {
    host.ip("link", "add", device, "type", "veth", "peer", "name", device + "-peer");
    host.ip("link", "set", device, "up");
    SiteHooks.run(host, device, routes, HookPoint.POST_UP);
  }

  private static void down(Host host, String device, List<SiteRoute> routes) {
    host.ip("link", "delete", device);
    SiteHooks.run(host, device, routes, HookPoint.POST_DOWN);
  }

  private static String state(Host host) {
    var settings =
        """
        cd /proc/sys/net
        grep -s '' ipv4/ip_forward ipv4/conf/*/* ipv6/conf/*/forwarding ipv6/conf/*/accept_ra
        ls /run/wiremesh-site 2> /dev/null
        """;
    return rules(host) + "\n" + host.command("sh", "-c", settings).run().output();
  }

  /**
   * The rules of nft and of an iptables that is built on it, without the empty built-in chains that
   * such an iptables leaves.
   */
  private static String rules(Host host) {
    return host.exec("nft", "-s", "list", "ruleset")
        .lines()
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.equals("}"))
        .filter(line -> !line.matches("(table ip6? (nat|mangle)|chain [A-Z]+) \\{"))
        .filter(line -> !line.matches("type (nat|filter) hook .*; policy accept;"))
        .sorted()
        .collect(Collectors.joining("\n"));
  }

  private static SiteRoute translated(String cidr, String translateTo) {
    return new SiteRoute(IpPrefix.parse(cidr), false, IpPrefix.parse(translateTo));
  }
}
