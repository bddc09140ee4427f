package dev.wiremesh.operator.node;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.NodeOverride;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.operator.ipam.AddressRequest;
import dev.wiremesh.operator.net.LenientParsing;
import java.util.List;
import java.util.Optional;

/** The addresses and endpoints that a network's spec gives to single nodes. */
public final class NodeOverrides {
  /** A network's spec is written by the owner of its reserved blocks: it needs no grant. */
  private static final List<IpPrefix> EVERYWHERE =
      List.of(IpPrefix.parse("0.0.0.0/0"), IpPrefix.parse("::/0"));

  private NodeOverrides() {}

  /** All overrides of the network. */
  public static List<NodeOverride> of(WireGuardNetwork network) {
    var nodes = network.getSpec().nodes;
    return nodes == null ? List.of() : nodes.overrides;
  }

  /** The addresses that the node asks for; any if the spec gives it none. */
  static AddressRequest addresses(WireGuardNetwork network, String node) {
    return of(network, node)
        .map(override -> LenientParsing.readAll(override.addresses, IpAddress::parse))
        .map(addresses -> new AddressRequest(addresses, EVERYWHERE))
        .orElse(AddressRequest.ANY);
  }

  /** The endpoint that the spec gives to the node. */
  static Optional<ConfiguredEndpoint> endpoint(WireGuardNetwork network, String node) {
    return of(network, node)
        .flatMap(override -> Optional.ofNullable(override.endpoint))
        .flatMap(MeshViews::configured);
  }

  private static Optional<NodeOverride> of(WireGuardNetwork network, String node) {
    return of(network).stream().filter(override -> override.node.equals(node)).findFirst();
  }
}
