package dev.wiremesh.operator.node;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.operator.state.ClusterCache;
import io.fabric8.kubernetes.api.model.Node;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The endpoint that a client dials to reach a gateway. */
public final class GatewayEndpoints {
  private final ClusterCache state;

  public GatewayEndpoints(ClusterCache state) {
    this.state = state;
  }

  /** The endpoint that a client of this gateway is given; empty if there is none. */
  public Optional<ConfiguredEndpoint> of(WireGuardNetwork network, String nodeName) {
    return given(network)
        .or(() -> NodeOverrides.endpoint(network, nodeName))
        .or(() -> own(network, state.nodes().get(nodeName).orElse(null)));
  }

  /** The endpoint that the network's spec gives to all gateways. */
  public static Optional<ConfiguredEndpoint> given(WireGuardNetwork network) {
    var gateways = network.getSpec().gateways;
    return gateways == null || gateways.endpoint == null
        ? Optional.empty()
        : MeshViews.configured(gateways.endpoint);
  }

  private static Optional<ConfiguredEndpoint> own(WireGuardNetwork network, @Nullable Node node) {
    var effective = network.getStatus().effective;
    var port = effective == null ? null : effective.listenPort;
    return node == null || port == null
        ? Optional.empty()
        : NodeAddresses.of(node)
            .fromOutside()
            .map(address -> new ConfiguredEndpoint(address.toString(), port));
  }
}
