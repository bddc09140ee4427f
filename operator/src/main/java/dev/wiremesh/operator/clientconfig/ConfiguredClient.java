package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.util.List;
import java.util.stream.Stream;

/**
 * A Peer, the network's defaults for clients, and the values of the mesh that its configuration
 * follows from. Immutable.
 *
 * @param network the network's name
 * @param otherPools the address pools of other networks
 */
record ConfiguredClient(
    Peer peer,
    String network,
    Settings given,
    Mesh mesh,
    List<IpAddress> addresses,
    ConfiguredEndpoint endpoint,
    List<IpPrefix> otherPools) {

  /** Settings for clients: the Peer's own, which win, and the network's defaults. */
  record Settings(PeerSpec.Client own, WireGuardNetworkSpec.ClientDefaults defaults) {
    static Settings of(Peer peer, WireGuardNetwork network) {
      var own = peer.getSpec().client;
      var defaults = network.getSpec().clientDefaults;
      return new Settings(
          own == null ? new PeerSpec.Client() : own,
          defaults == null ? new WireGuardNetworkSpec.ClientDefaults() : defaults);
    }
  }

  ConfiguredClient {
    addresses = List.copyOf(addresses);
    otherPools = List.copyOf(otherPools);
  }

  PeerName name() {
    return MeshViews.name(peer);
  }

  PeerSpec.Client settings() {
    return given.own();
  }

  WireGuardNetworkSpec.ClientDefaults defaults() {
    return given.defaults();
  }

  boolean hasFamily(Family family) {
    return addresses.stream().anyMatch(address -> address.family() == family);
  }

  /** False for an endpoint that is a name. */
  boolean dialsAddress() {
    return LenientParsing.read(endpoint.host(), IpAddress::parse).isPresent();
  }

  Stream<IpAddress> nameServers() {
    var given = settings().dns.isEmpty() ? defaults().dns : settings().dns;
    return LenientParsing.readAll(given, IpAddress::parse).stream()
        .filter(address -> hasFamily(address.family()));
  }
}
