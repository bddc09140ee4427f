package dev.wiremesh.core.wgquick;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.util.List;
import org.junit.jupiter.api.Test;

class SiteRouterScriptTest {
  private static final SiteRoute IPV4 = route("192.168.4.0/24", false);
  private static final SiteRoute IPV6 = route("fd12:3456::/48", false);

  @Test
  void clientWithoutRoutesHasNoHooks() {
    assertThat(SiteRouterScript.hooks(List.of())).isEmpty();
  }

  @Test
  void forwardingIsEnabledForTheFamiliesOfTheRoutes() {
    assertThat(SiteRouterScript.hooks(List.of(IPV4)))
        .extracting(Hook::command)
        .containsExactly("sysctl -q -w net.ipv4.ip_forward=1");
    assertThat(SiteRouterScript.hooks(List.of(IPV6)))
        .extracting(Hook::command)
        .containsExactly(
            "for i in /proc/sys/net/ipv6/conf/*/accept_ra; do [ \"$(cat $i)\" != 1 ] || echo 2 > $i;"
                + " done",
            "sysctl -q -w net.ipv6.conf.all.forwarding=1");
  }

  @Test
  void firstHookCarriesTheCommentForBothFamilies() {
    assertThat(SiteRouterScript.hooks(List.of(IPV6, IPV4)))
        .extracting(Hook::comments)
        .containsExactly(
            List.of(
                "This device brings fd12:3456::/48, 192.168.4.0/24 to the others: on Linux it has"
                    + " to forward."),
            List.of(),
            List.of());
  }

  @Test
  void masqueradedRouteHasATableThatPostDownDeletes() {
    var hooks = SiteRouterScript.hooks(List.of(IPV4, route("192.168.5.0/24", true)));
    assertThat(hooks)
        .extracting(Hook::point)
        .containsExactly(HookPoint.POST_UP, HookPoint.POST_UP, HookPoint.POST_DOWN);
    assertThat(hooks.get(1).command())
        .contains("ip daddr 192.168.5.0/24 meta mark set 0x574d", "meta mark 0x574d masquerade")
        .doesNotContain("192.168.4.0/24");
    assertThat(hooks.getLast().command()).isEqualTo("nft delete table inet wiremesh-%i");
  }

  private static SiteRoute route(String cidr, boolean masquerade) {
    return new SiteRoute(IpPrefix.parse(cidr), masquerade);
  }
}
