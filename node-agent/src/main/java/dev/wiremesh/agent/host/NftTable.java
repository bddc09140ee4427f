package dev.wiremesh.agent.host;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A network's table of the packet filter: what the kernel does well. The digest of what it shall
 * hold stands in its comment, so that a look tells whether it does.
 *
 * <ul>
 *   <li>Connections that are made through the mesh fit into it (MSS).
 *   <li>No ICMP redirect goes into the mesh: a peer has no shorter way than its gateway. (The
 *       interface's own switch does not do: the kernel takes the one for all interfaces too.)
 *   <li>A gateway speaks for peers towards whoever does not know the way back.
 * </ul>
 *
 * @param name of the table, without its family
 * @param script that makes the table be so, in one transaction
 */
record NftTable(String name, String digest, String script) {
  private static final String FAMILY = "inet ";

  static NftTable of(HostPlan plan) {
    var name = NftCommand.PREFIX + plan.network();
    var chains = String.join("\n", chains(plan));
    var digest = digest(chains);
    var script =
        """
        table %1$s%2$s
        delete table %1$s%2$s
        table %1$s%2$s {
          comment "%3$s"
        %4$s
        }
        """
            .formatted(FAMILY, name, digest, chains);
    return new NftTable(name, digest, script);
  }

  /** With its family, as nft lists it. */
  String fullName() {
    return FAMILY + name;
  }

  private static List<String> chains(HostPlan plan) {
    var device = plan.interfaceName();
    var chains = new ArrayList<String>();
    chains.add(
        """
        chain forward {
          type filter hook forward priority mangle; policy accept;
          oifname "%1$s" tcp flags & (syn | rst) == syn tcp option maxseg size set rt mtu
        }
        chain output {
          type filter hook output priority filter; policy accept;
          oifname "%1$s" icmp type redirect drop
          oifname "%1$s" icmpv6 type nd-redirect drop
        }\
        """
            .formatted(device));
    var masquerade = plan.masquerade();
    if (masquerade != null) {
      chains.add("  chain postrouting {");
      chains.add("    type nat hook postrouting priority srcnat; policy accept;");
      for (var family : Family.values()) {
        var sources = of(family, masquerade.sources());
        if (!sources.isEmpty()) {
          var ip = family == Family.IPV4 ? "ip" : "ip6";
          var known = new ArrayList<>(sources);
          known.addAll(of(family, masquerade.knowTheWay()));
          chains.add(
              "    oifname != { \"lo\", \"%1$s\" } %2$s saddr { %3$s } %2$s daddr != { %4$s } masquerade"
                  .formatted(device, ip, joined(sources), joined(known)));
        }
      }
      chains.add("  }");
    }
    return chains;
  }

  private static List<IpPrefix> of(Family family, Collection<IpPrefix> prefixes) {
    return prefixes.stream().filter(prefix -> prefix.family() == family).sorted().toList();
  }

  private static String joined(Collection<IpPrefix> prefixes) {
    return prefixes.stream().distinct().map(IpPrefix::toString).collect(Collectors.joining(", "));
  }

  private static String digest(String text) {
    try {
      var sha = MessageDigest.getInstance("SHA-256");
      var bytes = sha.digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(bytes, 0, 8);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
