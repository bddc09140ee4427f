package dev.wiremesh.core.wgquick;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickConfig.Hook;
import dev.wiremesh.core.wgquick.WgQuickConfig.HookPoint;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The wg-quick hooks of a Linux client that routes the networks behind it: IP forwarding, and
 * masquerading for networks whose router has no route back.
 */
public final class SiteRouterScript {
  // The mark goes onto packets in the forward chain, since postrouting cannot match the input
  // interface.
  private static final String MARK = "0x574d";

  // A forwarding Linux host drops the default route that its router advertised, unless accept_ra
  // is 2.
  private static final String KEEP_ADVERTISED_ROUTES =
      "for i in /proc/sys/net/ipv6/conf/*/accept_ra; do [ \"$(cat $i)\" != 1 ] || echo 2 > $i; done";

  private SiteRouterScript() {}

  /** The hooks in the order of the file; empty for a client without routes. */
  public static List<Hook> hooks(List<SiteRoute> routes) {
    var hooks = new ArrayList<Hook>();
    if (anyOf(Family.IPV4, routes)) {
      hooks.add(postUp("sysctl -q -w net.ipv4.ip_forward=1", forwardingComment(routes)));
    }
    if (anyOf(Family.IPV6, routes)) {
      hooks.add(
          hooks.isEmpty()
              ? postUp(KEEP_ADVERTISED_ROUTES, forwardingComment(routes))
              : postUp(KEEP_ADVERTISED_ROUTES));
      hooks.add(postUp("sysctl -q -w net.ipv6.conf.all.forwarding=1"));
    }
    var masqueraded = routes.stream().filter(SiteRoute::masquerade).map(SiteRoute::cidr).toList();
    if (!masqueraded.isEmpty()) {
      hooks.add(
          postUp(
              "nft '" + String.join("; ", rules(masqueraded)) + "'",
              "Their router knows no way back, so this device answers for the others (nft)."));
      hooks.add(new Hook(List.of(), HookPoint.POST_DOWN, "nft delete table inet wiremesh-%i"));
    }
    return hooks;
  }

  private static String forwardingComment(List<SiteRoute> routes) {
    return "This device brings "
        + routes.stream().map(route -> route.cidr().toString()).collect(Collectors.joining(", "))
        + " to the others: on Linux it has to forward.";
  }

  private static Hook postUp(String command, String... comments) {
    return new Hook(List.of(comments), HookPoint.POST_UP, command);
  }

  private static boolean anyOf(Family family, List<SiteRoute> routes) {
    return routes.stream().anyMatch(route -> route.cidr().family() == family);
  }

  private static List<String> rules(List<IpPrefix> masqueraded) {
    var rules = new ArrayList<String>();
    rules.add("add table inet wiremesh-%i");
    rules.add("add chain inet wiremesh-%i forward { type filter hook forward priority filter ; }");
    rules.add(
        "add chain inet wiremesh-%i postrouting { type nat hook postrouting priority srcnat ; }");
    for (var cidr : masqueraded) {
      rules.add(
          "add rule inet wiremesh-%i forward iifname \"%i\" "
              + (cidr.family() == Family.IPV4 ? "ip" : "ip6")
              + " daddr "
              + cidr
              + " meta mark set "
              + MARK);
    }
    rules.add("add rule inet wiremesh-%i postrouting meta mark " + MARK + " masquerade");
    return rules;
  }
}
