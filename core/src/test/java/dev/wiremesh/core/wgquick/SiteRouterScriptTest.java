package dev.wiremesh.core.wgquick;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The text of the hooks; {@code SiteHooksTest} runs them. */
class SiteRouterScriptTest {
  private static final SiteRoute IPV4 = route("192.168.4.0/24", false);
  private static final SiteRoute IPV6 = route("fd12:3456::/48", false);

  @Test
  void clientWithoutRoutesHasNoHooks() {
    assertThat(SiteRouterScript.hooks(List.of())).isEmpty();
  }

  @Test
  void forwardingIsEnabledForTheFamiliesOfTheRoutes() {
    assertThat(forwarding(IPV4).command())
        .contains("echo 1 > ipv4/ip_forward")
        .doesNotContain("> ipv6/conf/all/forwarding");
    assertThat(forwarding(IPV6).command())
        .contains("echo 1 > ipv6/conf/all/forwarding")
        .doesNotContain("> ipv4/ip_forward");
    assertThat(forwarding(IPV6, IPV4).command())
        .contains("echo 1 > ipv4/ip_forward", "echo 1 > ipv6/conf/all/forwarding");
  }

  @Test
  void hookOfForwardingNamesTheRoutes() {
    assertThat(forwarding(IPV6, IPV4).comments())
        .containsExactly(
            "This device brings fd12:3456::/48, 192.168.4.0/24 to the others: on Linux it has to"
                + " forward.");
  }

  /** wg-quick ends at the first command that fails, without PostDown. */
  @Test
  void firewallComesBeforeTheSettingsThatNoCommandWouldRestore() {
    var hooks = SiteRouterScript.hooks(List.of(IPV4, route("192.168.5.0/24", true)));
    assertThat(hooks)
        .extracting(Hook::point)
        .containsExactly(
            HookPoint.POST_UP, HookPoint.POST_UP, HookPoint.POST_DOWN, HookPoint.POST_DOWN);
    assertThat(hooks.getFirst().command())
        .contains("iifname \"%i\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu")
        .contains("oifname \"%i\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu")
        .contains("ip daddr 192.168.5.0/24 meta mark set 0x574d", "meta mark 0x574d masquerade")
        .contains("-i %i -d 192.168.5.0/24 -j MARK", "--mark 0x574d -j MASQUERADE")
        .doesNotContain("192.168.4.0/24");
  }

  @Test
  void longestBlockIsTranslatedFirst() {
    var routes =
        List.of(
            translated("192.168.1.0/24", "10.201.0.0/24"),
            route("10.201.0.128/25", false),
            translated("192.168.1.64/26", "10.202.0.0/26"));
    assertThat(SiteRouterScript.nftCommands(routes))
        .containsExactly(
            "nft 'add table inet wiremesh-%i; delete table inet wiremesh-%i; table inet wiremesh-%i {"
                + " chain clamp { type filter hook forward priority mangle;"
                + " iifname \"%i\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu;"
                + " oifname \"%i\" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu; };"
                + " chain prerouting { type nat hook prerouting priority dstnat;"
                + " iifname \"%i\" ip daddr 10.202.0.0/26 dnat ip prefix to 192.168.1.64/26;"
                + " iifname \"%i\" ip daddr 10.201.0.128/25 accept;"
                + " iifname \"%i\" ip daddr 10.201.0.0/24 dnat ip prefix to 192.168.1.0/24; };"
                + " chain postrouting { type nat hook postrouting priority srcnat;"
                + " oifname \"%i\" ip saddr 192.168.1.64/26 snat ip prefix to 10.202.0.0/26;"
                + " oifname \"%i\" ip saddr 192.168.1.0/24 snat ip prefix to 10.201.0.0/24; }; }'");
  }

  @Test
  void blocksOfDifferentLengthOrFamilyAreNotTranslated() {
    assertThatThrownBy(() -> translated("192.168.1.0/24", "10.0.0.0/8"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> translated("192.168.1.0/24", "::/24"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void settingsByHandNameEachBlock() {
    assertThat(
            SiteInstructions.byHand(
                new SiteRoute(
                    IpPrefix.parse("192.168.1.0/24"), true, IpPrefix.parse("10.201.0.0/24"))))
        .isEqualTo(
            "Set on the peer's device by hand: forward between the tunnel and 192.168.1.0/24 (on"
                + " Linux net.ipv4.ip_forward=1); translate 1:1 the destinations 10.201.0.0/24 of"
                + " packets from the tunnel to 192.168.1.0/24, and the sources 192.168.1.0/24 of"
                + " packets into the tunnel to 10.201.0.0/24; masquerade packets from the tunnel to"
                + " 192.168.1.0/24; clamp the MSS of TCP connections through the tunnel to the path"
                + " MTU.");
  }

  /** A client that changes no addresses comes up on a host that has neither nft nor iptables. */
  @Test
  void clampAloneNeedsNoFirewall() {
    assertThat(SiteRouterScript.hooks(List.of(IPV4)).getFirst().command())
        .contains("; }' || true; elif command -v iptables > /dev/null; then")
        .contains("-i %i -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")
        .contains("-o %i -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu")
        .endsWith("| iptables-restore -w -n; } || true; fi")
        .doesNotContain("*nat");
  }

  private static Hook forwarding(SiteRoute... routes) {
    return SiteRouterScript.hooks(List.of(routes)).get(1);
  }

  private static SiteRoute route(String cidr, boolean masquerade) {
    return SiteRoute.of(IpPrefix.parse(cidr), masquerade);
  }

  private static SiteRoute translated(String cidr, String translateTo) {
    return new SiteRoute(IpPrefix.parse(cidr), false, IpPrefix.parse(translateTo));
  }
}
