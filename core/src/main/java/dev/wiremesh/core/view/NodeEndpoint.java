package dev.wiremesh.core.view;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.InvalidAddressException;
import dev.wiremesh.core.net.IpAddress;
import org.jspecify.annotations.Nullable;

/**
 * An endpoint of a node on the underlay.
 *
 * @param address the endpoint's host as an address; null for a DNS name
 */
public record NodeEndpoint(Scope scope, ConfiguredEndpoint endpoint, @Nullable IpAddress address) {

  /** The nodes that can dial the endpoint. */
  public enum Scope {
    /** An InternalIP: the nodes of the same site. */
    SITE,
    /** An ExternalIP: all nodes. */
    ANYWHERE,
    /** The endpoint that the network's spec gives for the node: all nodes. */
    OVERRIDE
  }

  public static NodeEndpoint of(Scope scope, ConfiguredEndpoint endpoint) {
    return new NodeEndpoint(scope, endpoint, address(endpoint.host()));
  }

  private static @Nullable IpAddress address(String host) {
    try {
      return IpAddress.parse(host);
    } catch (InvalidAddressException _) {
      return null;
    }
  }
}
