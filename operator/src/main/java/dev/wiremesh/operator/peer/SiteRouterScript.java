package dev.wiremesh.operator.peer;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.peer.ClientConfiguration.SiteRoute;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a Linux client must do so that others reach the networks behind it: forward, and where their
 * router knows no way back, answer for the others.
 */
record SiteRouterScript(List<SiteRoute> routes) {
  /** On what came out of the tunnel: postrouting does not know where a packet came in. */
  private static final String MARK = "0x574d";

  List<String> lines() {
    if (routes.isEmpty()) {
      return List.of();
    }
    var lines = new ArrayList<String>();
    lines.add(
        "# This device brings "
            + routes.stream().map(it -> it.cidr().toString()).collect(Collectors.joining(", "))
            + " to the others: on Linux it has to forward.");
    if (anyOf(Family.IPV4)) {
      lines.add("PostUp = sysctl -q -w net.ipv4.ip_forward=1");
    }
    if (anyOf(Family.IPV6)) {
      lines.add("PostUp = sysctl -q -w net.ipv6.conf.all.forwarding=1");
    }
    var masqueraded = routes.stream().filter(SiteRoute::masquerade).map(SiteRoute::cidr).toList();
    if (!masqueraded.isEmpty()) {
      lines.add("# Their router knows no way back, so this device answers for the others (nft).");
      lines.add("PostUp = nft '" + String.join("; ", rules(masqueraded)) + "'");
      lines.add("PostDown = nft delete table inet wiremesh-%i");
    }
    return lines;
  }

  private boolean anyOf(Family family) {
    return routes.stream().anyMatch(it -> it.cidr().family() == family);
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
