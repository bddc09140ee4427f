package dev.wiremesh.agent.host.nft;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.util.Collection;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Match expressions of nft rules. */
final class NftMatch {
  private NftMatch() {}

  /** Packets that leave by an interface. */
  static String leavingBy(String interfaceName) {
    return "oifname " + quoted(interfaceName);
  }

  /** Packets that leave by any other interface. */
  static String notLeavingBy(String... interfaceNames) {
    return Stream.of(interfaceNames)
        .map(NftMatch::quoted)
        .collect(Collectors.joining(", ", "oifname != { ", " }"));
  }

  static String source(Family family, Collection<IpPrefix> prefixes) {
    return protocol(family) + " saddr " + braced(prefixes);
  }

  static String notDestination(Family family, Collection<IpPrefix> prefixes) {
    return protocol(family) + " daddr != " + braced(prefixes);
  }

  /** Elements of a set. */
  static String braced(Collection<IpPrefix> prefixes) {
    return prefixes.stream()
        .distinct()
        .map(IpPrefix::toString)
        .collect(Collectors.joining(", ", "{ ", " }"));
  }

  private static String protocol(Family family) {
    return family == Family.IPV4 ? "ip" : "ip6";
  }

  private static String quoted(String name) {
    return '"' + name + '"';
  }
}
