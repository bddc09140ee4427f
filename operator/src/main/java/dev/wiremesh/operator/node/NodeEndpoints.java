package dev.wiremesh.operator.node;

import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint;
import dev.wiremesh.api.v1alpha1.MeshNodeEndpoint.Type;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpAddress;
import io.fabric8.kubernetes.api.model.Node;
import java.util.ArrayList;
import java.util.List;

/** The endpoints of a node for the other nodes, with their origin. */
final class NodeEndpoints {
  private static final int MOST = 8;

  private NodeEndpoints() {}

  /**
   * The endpoint that the network's spec gives, the InternalIPs, then the ExternalIPs; none as long
   * as the network has no port.
   */
  static List<MeshNodeEndpoint> of(WireGuardNetwork network, Node node) {
    var effective = network.getStatus().effective;
    var port = effective == null ? null : effective.listenPort;
    if (port == null) {
      return List.of();
    }
    var endpoints = new ArrayList<MeshNodeEndpoint>();
    NodeOverrides.endpoint(network, node.getMetadata().getName())
        .map(given -> new MeshNodeEndpoint(Type.OVERRIDE, given.host(), given.port()))
        .ifPresent(endpoints::add);
    var addresses = NodeAddresses.of(node);
    add(endpoints, Type.INTERNAL_IP, addresses.internal(), port);
    add(endpoints, Type.EXTERNAL_IP, addresses.external(), port);
    return List.copyOf(endpoints.subList(0, Math.min(MOST, endpoints.size())));
  }

  private static void add(
      List<MeshNodeEndpoint> endpoints, Type type, List<IpAddress> addresses, int port) {
    addresses.forEach(
        address -> endpoints.add(new MeshNodeEndpoint(type, address.toString(), port)));
  }
}
