package dev.wiremesh.core.route;

import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.Map;

/**
 * The blocks inside which a network accepts routes. Nothing is allowed unless it is listed.
 *
 * @param everywhere blocks for the peers of all namespaces
 * @param granted more blocks for the peers of one namespace
 */
public record RoutePermissions(List<IpPrefix> everywhere, Map<String, List<IpPrefix>> granted) {
  public static final RoutePermissions NONE = new RoutePermissions(List.of(), Map.of());

  public RoutePermissions {
    everywhere = List.copyOf(everywhere);
    granted = Map.copyOf(granted);
  }

  boolean allow(String namespace, IpPrefix cidr) {
    return contain(everywhere, cidr) || contain(granted.getOrDefault(namespace, List.of()), cidr);
  }

  private static boolean contain(List<IpPrefix> blocks, IpPrefix cidr) {
    return blocks.stream().anyMatch(block -> block.contains(cidr));
  }
}
