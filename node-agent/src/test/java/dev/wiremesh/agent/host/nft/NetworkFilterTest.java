package dev.wiremesh.agent.host.nft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutingPlan.Masquerade;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class NetworkFilterTest {
  private static final Masquerade MASQUERADE =
      new Masquerade(
          prefixes("10.70.0.0/16", "fd70::/64"), prefixes("10.244.1.0/24", "10.244.2.0/24"));

  @Test
  void gatewayMasqueradesTrafficThatLeavesTheMesh() {
    var table = new NetworkFilter("home", "wg-home", MASQUERADE).table();
    assertThat(table.script())
        .isEqualTo(
            """
            table inet wiremesh_home
            delete table inet wiremesh_home
            table inet wiremesh_home {
              comment "%s"
              chain forward {
                type filter hook forward priority mangle; policy accept;
                oifname "wg-home" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
              }
              chain output {
                type filter hook output priority filter; policy accept;
                oifname "wg-home" icmp type redirect drop
                oifname "wg-home" icmpv6 type nd-redirect drop
              }
              chain postrouting {
                type nat hook postrouting priority srcnat; policy accept;
                oifname != { "lo", "wg-home" } ip saddr { 10.70.0.0/16 } ip daddr != { 10.70.0.0/16, 10.244.1.0/24, 10.244.2.0/24 } masquerade
                oifname != { "lo", "wg-home" } ip6 saddr { fd70::/64 } ip6 daddr != { fd70::/64 } masquerade
              }
            }
            """
                .formatted(table.digest()));
  }

  @Test
  void withoutMasqueradeThereIsNoNatChain() {
    assertThat(new NetworkFilter("home", "wg-home", null).table().chains())
        .extracting(NftChain::name)
        .containsExactly("forward", "output");
  }

  @Test
  void digestChangesWithTheContent() {
    var table = new NetworkFilter("home", "wg-home", null).table();
    assertThat(table.digest())
        .hasSize(16)
        .isEqualTo(new NetworkFilter("home", "wg-home", null).table().digest())
        .isNotEqualTo(new NetworkFilter("home", "wg-other", null).table().digest());
  }

  @Test
  void setsStandBeforeTheChainsThatReferToThem() {
    var sets =
        List.of(
            new NftSet("staff", Family.IPV4, prefixes("10.70.1.2/32", "10.70.1.1/32")),
            new NftSet("guests", Family.IPV6, List.of()));
    var chain =
        new NftChain(
            "policy",
            new NftChain.Hook("filter", "forward", "filter"),
            List.of(NftRule.of("ip saddr @staff", "accept")));
    assertThat(new NftTable("wiremesh_home", sets, List.of(chain)).script())
        .endsWith(
            """
              set staff {
                type ipv4_addr
                flags interval
                elements = { 10.70.1.1/32, 10.70.1.2/32 }
              }
              set guests {
                type ipv6_addr
                flags interval
              }
              chain policy {
                type filter hook forward priority filter; policy accept;
                ip saddr @staff accept
              }
            }
            """);
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
