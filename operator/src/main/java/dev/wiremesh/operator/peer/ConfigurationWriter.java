package dev.wiremesh.operator.peer;

import dev.wiremesh.api.contract.SecretNames;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.wgquick.WgQuickText;
import dev.wiremesh.operator.clientconfig.ClientConfiguration;
import dev.wiremesh.operator.clientconfig.ClientKeys;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.state.ClusterCache;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.util.List;
import java.util.Objects;

/**
 * Writes a peer's keys and wg-quick configuration into its Secret. Used by one thread at a time.
 */
final class ConfigurationWriter {
  private final ClusterCache state;
  private final GatewayEndpoints endpoints;
  private final OperatorSecrets operatorSecrets;
  private final PeerSecrets peerSecrets;

  ConfigurationWriter(
      ClusterCache state, OperatorSecrets operatorSecrets, PeerSecrets peerSecrets) {
    this.state = state;
    this.endpoints = new GatewayEndpoints(state);
    this.operatorSecrets = operatorSecrets;
    this.peerSecrets = peerSecrets;
  }

  ConfigurationState write(
      Peer peer,
      WireGuardNetwork network,
      PeerStatus status,
      Mesh mesh,
      PeerKey key,
      PeerSecret secret) {
    var home = Objects.requireNonNull(status.homeGateway);
    var endpoint = endpoints.of(network, home);
    if (endpoint.isEmpty()) {
      return new ConfigurationState.EndpointUnknown(home);
    }
    var gatewayKey = mesh.view().network().gateways().publicKey();
    if (gatewayKey == null) {
      return new ConfigurationState.NotYet();
    }
    var client =
        new ClientConfiguration(
            peer,
            network,
            mesh,
            LenientParsing.readAll(status.addresses, IpAddress::parse),
            endpoint.get(),
            otherPools(network));
    var problem = client.problem();
    if (problem.isPresent()) {
      return new ConfigurationState.Unusable(problem.get());
    }
    var presharedKey =
        client.wantsPresharedKey()
            ? operatorSecrets
                .presharedKeySeed(network.getMetadata().getName())
                .forPair(key.publicHalf().orElseThrow(), gatewayKey)
            : null;
    var config =
        client.config(new ClientKeys(key.privateHalf().orElse(null), gatewayKey, presharedKey));
    peerSecrets.publish(peer, secret, key, presharedKey, WgQuickText.render(config));
    return new ConfigurationState.Published(
        peer.getMetadata().getNamespace() + "/" + SecretNames.peer(peer.getMetadata().getName()),
        client.advice());
  }

  private List<IpPrefix> otherPools(WireGuardNetwork network) {
    var name = network.getMetadata().getName();
    return state.networks().all().stream()
        .filter(other -> !other.getMetadata().getName().equals(name))
        .flatMap(other -> other.getSpec().addressPools.stream())
        .flatMap(pool -> LenientParsing.read(pool.cidr, IpPrefix::parse).stream())
        .toList();
  }
}
