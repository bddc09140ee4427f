package dev.wiremesh.agent.host.nft;

import dev.wiremesh.agent.host.nft.NftChain.Hook;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutingPlan.Masquerade;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The packet filter of one network, as a table:
 *
 * <ul>
 *   <li>{@code forward} clamps the MSS of TCP connections to the MTU of the mesh.
 *   <li>{@code output} drops ICMP redirects into the mesh: a peer has no shorter route than its
 *       gateway. (The sysctl of the interface does not suffice, because the kernel combines it with
 *       the one for all interfaces.)
 *   <li>{@code postrouting} translates source addresses of traffic that leaves the mesh.
 * </ul>
 *
 * @param masquerade null if no addresses are translated
 */
public record NetworkFilter(String network, String interfaceName, @Nullable Masquerade masquerade) {
  /** Name of the network's table. */
  static String tableName(String network) {
    return NftCommand.PREFIX + network;
  }

  NftTable table() {
    var chains = new ArrayList<NftChain>();
    chains.add(forward());
    chains.add(output());
    if (masquerade != null) {
      chains.add(postrouting(masquerade));
    }
    return new NftTable(tableName(network), List.of(), chains);
  }

  private NftChain forward() {
    return new NftChain(
        "forward",
        new Hook("filter", "forward", "mangle"),
        List.of(
            NftRule.of(
                NftMatch.leavingBy(interfaceName),
                "tcp flags & (syn | rst) == syn",
                "tcp option maxseg size set rt mtu")));
  }

  private NftChain output() {
    var intoMesh = NftMatch.leavingBy(interfaceName);
    return new NftChain(
        "output",
        new Hook("filter", "output", "filter"),
        List.of(
            NftRule.of(intoMesh, "icmp type redirect", "drop"),
            NftRule.of(intoMesh, "icmpv6 type nd-redirect", "drop")));
  }

  private NftChain postrouting(Masquerade masquerade) {
    var rules = new ArrayList<NftRule>();
    for (var family : Family.values()) {
      var sources = of(family, masquerade.sources());
      if (!sources.isEmpty()) {
        var excluded = new ArrayList<>(sources);
        excluded.addAll(of(family, masquerade.excludedDestinations()));
        rules.add(
            NftRule.of(
                NftMatch.notLeavingBy("lo", interfaceName),
                NftMatch.source(family, sources),
                NftMatch.notDestination(family, excluded),
                "masquerade"));
      }
    }
    return new NftChain("postrouting", new Hook("nat", "postrouting", "srcnat"), rules);
  }

  private static List<IpPrefix> of(Family family, Collection<IpPrefix> prefixes) {
    return prefixes.stream().filter(prefix -> prefix.family() == family).sorted().toList();
  }
}
