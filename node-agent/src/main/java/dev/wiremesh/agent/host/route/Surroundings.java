package dev.wiremesh.agent.host.route;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import java.util.Set;

/**
 * The networks and addresses that a node reaches beside the mesh.
 *
 * @param connected prefixes that the node is directly connected to
 * @param gateways of its default routes
 * @param apiServer addresses of the API server
 * @param resolvers name servers of the node
 */
public record Surroundings(
    List<Connected> connected,
    Set<IpAddress> gateways,
    Set<IpAddress> apiServer,
    Set<IpAddress> resolvers) {
  public Surroundings {
    connected = List.copyOf(connected);
    gateways = Set.copyOf(gateways);
    apiServer = Set.copyOf(apiServer);
    resolvers = Set.copyOf(resolvers);
  }

  /**
   * A directly connected prefix.
   *
   * @param address of the node in it
   */
  public record Connected(IpPrefix prefix, IpAddress address, String interfaceName) {}
}
