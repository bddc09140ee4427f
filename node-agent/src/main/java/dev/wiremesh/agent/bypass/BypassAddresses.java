package dev.wiremesh.agent.bypass;

import dev.wiremesh.core.net.IpAddress;
import java.util.Set;

/**
 * Addresses that never become destinations of the mesh on this node. An immutable value.
 *
 * @param apiServer endpoints of the API server, and the Service address of it
 * @param resolvers name servers of the node
 */
public record BypassAddresses(Set<IpAddress> apiServer, Set<IpAddress> resolvers) {
  public static final BypassAddresses NONE = new BypassAddresses(Set.of(), Set.of());

  public BypassAddresses {
    apiServer = Set.copyOf(apiServer);
    resolvers = Set.copyOf(resolvers);
  }
}
