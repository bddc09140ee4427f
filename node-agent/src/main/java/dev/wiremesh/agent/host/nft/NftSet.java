package dev.wiremesh.agent.host.nft;

import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;

/**
 * A named set of prefixes of one address family, which rules refer to as {@code @name}.
 *
 * @param elements sorted
 */
record NftSet(String name, Family family, List<IpPrefix> elements) {
  NftSet {
    elements = elements.stream().sorted().distinct().toList();
  }

  String text() {
    var elementsLine =
        elements.isEmpty() ? "" : "    elements = " + NftMatch.braced(elements) + "\n";
    return """
      set %s {
        type %s
        flags interval
    %s  }
    """
        .formatted(name, family == Family.IPV4 ? "ipv4_addr" : "ipv6_addr", elementsLine);
  }
}
