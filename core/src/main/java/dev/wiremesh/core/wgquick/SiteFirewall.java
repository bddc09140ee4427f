package dev.wiremesh.core.wgquick;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The shell commands that masquerade and translate addresses at a site router, and clamp the MSS of
 * TCP connections through the tunnel to the path MTU: by nft, or by iptables where there is no nft.
 * All rules are in a table, or in chains, of the interface's own, so that a second run replaces
 * them and other rules of the host stay. Immutable.
 *
 * <p>The clamp is for paths on which the ICMP errors of packets that are too big get lost. Both
 * directions need a rule: a SYN into the tunnel limits the segments that return, one out of it the
 * segments that the LAN sends.
 */
final class SiteFirewall {
  // The mark goes onto packets in the forward chain, since postrouting cannot match the input
  // interface.
  private static final String MARK = "0x574d";

  private static final String TABLE = "inet wiremesh-%i";

  // Says that iptables was used, for a host that gets nft before the interface goes down.
  private static final String BY_IPTABLES = "/run/wiremesh-site/iptables-%i";

  private static final String CLEAR_IPTABLES =
      "for t in iptables ip6tables; do command -v $t > /dev/null || continue;"
          + " for c in 'mangle FORWARD wm-%i' 'nat PREROUTING wm-%i-in' 'nat POSTROUTING wm-%i-out'; do"
          + " set -- $c; $t -w -t $1 -F $3 2> /dev/null || continue;"
          + " $t -w -t $1 -D $2 -j $3 2> /dev/null || true; $t -w -t $1 -X $3; done; done";

  private final List<SiteRoute> routes;

  SiteFirewall(List<SiteRoute> routes) {
    this.routes = List.copyOf(routes);
  }

  /** Whether there is something to masquerade or to translate, beside the clamp. */
  boolean changesAddresses() {
    return routes.stream().anyMatch(route -> route.masquerade() || route.isTranslated());
  }

  /**
   * The command that sets the rules with the tool that the host has. The clamp alone is no reason
   * to fail: most paths work without it.
   */
  String up() {
    return "if command -v nft > /dev/null; then "
        + nft()
        + (changesAddresses() ? "; else " : " || true; elif command -v iptables > /dev/null; then ")
        + "mkdir -p /run/wiremesh-site; : > "
        + BY_IPTABLES
        + "; "
        + CLEAR_IPTABLES
        + "; "
        + (changesAddresses() ? iptables() : "{ " + iptables() + "; } || true")
        + "; fi";
  }

  /** The command that removes the rules. */
  String down() {
    return "if command -v nft > /dev/null; then nft delete table "
        + TABLE
        + " 2> /dev/null || true; fi; if [ -e "
        + BY_IPTABLES
        + " ]; then "
        + CLEAR_IPTABLES
        + "; rm "
        + BY_IPTABLES
        + "; fi";
  }

  /** The command that sets the rules by nft, in one transaction. */
  String nft() {
    return nft(true);
  }

  /** The nft command that clamps the MSS and changes no addresses. */
  String nftClamp() {
    return nft(false);
  }

  private String nft(boolean changeAddresses) {
    var chains = new ArrayList<String>();
    chains.add(chain("clamp", "filter hook forward priority mangle", nftClamps()));
    if (changeAddresses) {
      chains.addAll(nftAddressChains());
    }
    return "nft 'add table "
        + TABLE
        + "; delete table "
        + TABLE
        + "; table "
        + TABLE
        + " { "
        + String.join("; ", chains)
        + "; }'";
  }

  private static List<String> nftClamps() {
    var clamp = " tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu";
    return List.of("iifname \"%i\"" + clamp, "oifname \"%i\"" + clamp);
  }

  private List<String> nftAddressChains() {
    var incoming = translations(SiteRoute::meshBlock);
    var outgoing = translations(SiteRoute::cidr);
    var masqueraded = masqueraded();
    var chains = new ArrayList<String>();
    if (!incoming.isEmpty()) {
      chains.add(
          chain(
              "prerouting",
              "nat hook prerouting priority dstnat",
              incoming.stream().map(SiteFirewall::nftIncoming).toList()));
    }
    if (!masqueraded.isEmpty()) {
      chains.add(
          chain(
              "forward",
              "filter hook forward priority filter",
              masqueraded.stream().map(SiteFirewall::nftMark).toList()));
    }
    var last = new ArrayList<>(outgoing.stream().map(SiteFirewall::nftOutgoing).toList());
    if (!masqueraded.isEmpty()) {
      last.add("meta mark " + MARK + " masquerade");
    }
    if (!last.isEmpty()) {
      chains.add(chain("postrouting", "nat hook postrouting priority srcnat", last));
    }
    return chains;
  }

  /** The nft chains that translate, one a line, for a table of the inet family. */
  List<String> translationChains(String name) {
    return List.of(
        chain(
            name + "_dstnat",
            "nat hook prerouting priority dstnat - 1",
            translations(SiteRoute::meshBlock).stream().map(SiteFirewall::nftIncoming).toList()),
        chain(
            name + "_srcnat",
            "nat hook postrouting priority srcnat - 1",
            translations(SiteRoute::cidr).stream().map(SiteFirewall::nftOutgoing).toList()));
  }

  private static String chain(String name, String hook, List<String> rules) {
    return "chain " + name + " { type " + hook + "; " + String.join("; ", rules) + "; }";
  }

  private static String nftIncoming(SiteRoute route) {
    var match = "iifname \"%i\" " + ip(route) + " daddr " + route.meshBlock() + " ";
    return match
        + (route.isTranslated() ? "dnat " + ip(route) + " prefix to " + route.cidr() : "accept");
  }

  private static String nftOutgoing(SiteRoute route) {
    var match = "oifname \"%i\" " + ip(route) + " saddr " + route.cidr() + " ";
    return match
        + (route.isTranslated()
            ? "snat " + ip(route) + " prefix to " + route.meshBlock()
            : "accept");
  }

  private static String nftMark(SiteRoute route) {
    return "iifname \"%i\" " + ip(route) + " daddr " + route.cidr() + " meta mark set " + MARK;
  }

  private static String ip(SiteRoute route) {
    return route.cidr().family() == Family.IPV4 ? "ip" : "ip6";
  }

  private String iptables() {
    var commands = new ArrayList<String>();
    for (var family : Family.values()) {
      var lines = iptables(family);
      if (!lines.isEmpty()) {
        commands.add(
            "printf '%s\\n' "
                + lines.stream().map(line -> "'" + line + "'").collect(Collectors.joining(" "))
                + (family == Family.IPV4 ? " | iptables-restore" : " | ip6tables-restore")
                + " -w -n");
      }
    }
    return String.join("; ", commands);
  }

  private List<String> iptables(Family family) {
    var incoming = of(family, translations(SiteRoute::meshBlock));
    var outgoing = of(family, translations(SiteRoute::cidr));
    var masqueraded = of(family, masqueraded());
    var lines = new ArrayList<String>();
    if (routes.stream().anyMatch(route -> route.cidr().family() == family)) {
      lines.addAll(List.of("*mangle", ":wm-%i - [0:0]", "-A FORWARD -j wm-%i"));
      for (var direction : List.of("-i", "-o")) {
        lines.add(
            "-A wm-%i "
                + direction
                + " %i -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu");
      }
      masqueraded.forEach(
          route -> lines.add("-A wm-%i -i %i -d " + route.cidr() + " -j MARK --set-mark " + MARK));
      lines.add("COMMIT");
    }
    if (!incoming.isEmpty() || !masqueraded.isEmpty()) {
      lines.add("*nat");
      lines.addAll(List.of(":wm-%i-in - [0:0]", "-A PREROUTING -j wm-%i-in"));
      incoming.forEach(route ->
          lines.add("-A wm-%i-in -i %i -d " + route.meshBlock() + netmap(route, route.cidr())));
      lines.addAll(List.of(":wm-%i-out - [0:0]", "-A POSTROUTING -j wm-%i-out"));
      outgoing.forEach(route ->
          lines.add("-A wm-%i-out -o %i -s " + route.cidr() + netmap(route, route.meshBlock())));
      if (!masqueraded.isEmpty()) {
        lines.add("-A wm-%i-out -m mark --mark " + MARK + " -j MASQUERADE");
      }
      lines.add("COMMIT");
    }
    return lines;
  }

  private static String netmap(SiteRoute route, IpPrefix to) {
    return route.isTranslated() ? " -j NETMAP --to " + to : " -j ACCEPT";
  }

  private static List<SiteRoute> of(Family family, List<SiteRoute> routes) {
    return routes.stream().filter(route -> route.cidr().family() == family).toList();
  }

  private List<SiteRoute> masqueraded() {
    return routes.stream().filter(SiteRoute::masquerade).toList();
  }

  /**
   * The routes that need a rule about the block, longest prefix first: those that are translated,
   * and those inside such a block that are not.
   */
  private List<SiteRoute> translations(Function<SiteRoute, IpPrefix> block) {
    var translated = routes.stream().filter(SiteRoute::isTranslated).map(block).toList();
    return routes.stream()
        .filter(route ->
            route.isTranslated()
                || translated.stream().anyMatch(other -> other.contains(block.apply(route))))
        .sorted(comparing((SiteRoute route) -> -block.apply(route).length()).thenComparing(block))
        .toList();
  }
}
