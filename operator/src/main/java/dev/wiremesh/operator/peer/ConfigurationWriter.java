package dev.wiremesh.operator.peer;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.PeerStatus;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.keys.PresharedKey;
import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.NodeView;
import dev.wiremesh.core.topology.RouteDecision;
import dev.wiremesh.operator.keys.OperatorSecrets;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.node.GatewayEndpoints;
import dev.wiremesh.operator.peer.PeerConditions.Configuration;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Gathers what belongs into a peer's configuration, and has it written. */
final class ConfigurationWriter {
  private final GatewayEndpoints endpoints;
  private final OperatorSecrets operatorSecrets;
  private final PeerSecrets peerSecrets;

  ConfigurationWriter(
      GatewayEndpoints endpoints, OperatorSecrets operatorSecrets, PeerSecrets peerSecrets) {
    this.endpoints = endpoints;
    this.operatorSecrets = operatorSecrets;
    this.peerSecrets = peerSecrets;
  }

  Configuration write(
      Peer peer,
      WireGuardNetwork network,
      PeerStatus status,
      Mesh mesh,
      PeerKey key,
      PeerSecret secret) {
    var home = Objects.requireNonNull(status.homeGateway);
    var endpoint = endpoints.of(network, home);
    if (endpoint.isEmpty()) {
      return new Configuration.EndpointUnknown(home);
    }
    var gatewayKey = mesh.view().network().gateways().publicKey();
    if (gatewayKey == null) {
      return new Configuration.NotYet();
    }
    var presharedKey = presharedKey(peer, network, mesh, key, gatewayKey);
    peerSecrets.publish(
        peer,
        secret,
        key,
        presharedKey,
        content(peer, network, status, mesh, key, gatewayKey, presharedKey, endpoint.get()));
    return new Configuration.Published(
        peer.getMetadata().getNamespace() + "/" + PeerSecret.name(peer));
  }

  private @Nullable PresharedKey presharedKey(
      Peer peer, WireGuardNetwork network, Mesh mesh, PeerKey key, PublicKey gatewayKey) {
    return wantsPresharedKey(peer, mesh)
        ? operatorSecrets
            .presharedKeySeed(network.getMetadata().getName())
            .forPair(key.publicHalf().orElseThrow(), gatewayKey)
        : null;
  }

  static boolean wantsPresharedKey(Peer peer, Mesh mesh) {
    return mesh.view().network().keys().presharedKeys()
        && peer.getSpec().presharedKey == PeerSpec.PresharedKey.NETWORK;
  }

  static ClientConfiguration content(
      Peer peer,
      WireGuardNetwork network,
      PeerStatus status,
      Mesh mesh,
      PeerKey key,
      PublicKey gatewayKey,
      @Nullable PresharedKey presharedKey,
      ConfiguredEndpoint endpoint) {
    var client = peer.getSpec().client == null ? new PeerSpec.Client() : peer.getSpec().client;
    var defaults =
        network.getSpec().clientDefaults == null
            ? new WireGuardNetworkSpec.ClientDefaults()
            : network.getSpec().clientDefaults;
    var dns = new ArrayList<>(client.dns.isEmpty() ? defaults.dns : client.dns);
    if (!dns.isEmpty()) {
      dns.addAll(client.searchDomains);
    }
    return new ClientConfiguration(
        MeshViews.name(peer).toString(),
        network.getMetadata().getName(),
        key.privateHalf().orElse(null),
        LenientParsing.readAll(status.addresses, IpAddress::parse),
        client.mtu == null ? defaults.mtu : client.mtu,
        dns,
        client.table,
        gatewayKey,
        presharedKey,
        allowedIps(peer, client, defaults, mesh, endpoint),
        endpoint,
        keepalive(peer, defaults, mesh),
        siteRoutes(peer, mesh));
  }

  private static Duration keepalive(
      Peer peer, WireGuardNetworkSpec.ClientDefaults defaults, Mesh mesh) {
    var own = peer.getSpec().persistentKeepalive;
    if (own != null) {
      return MeshViews.keepalive(own);
    }
    var given = defaults.persistentKeepalive;
    return given != null ? MeshViews.keepalive(given) : mesh.view().network().persistentKeepalive();
  }

  private static List<IpPrefix> allowedIps(
      Peer peer,
      PeerSpec.Client client,
      WireGuardNetworkSpec.ClientDefaults defaults,
      Mesh mesh,
      ConfiguredEndpoint endpoint) {
    var given = client.allowedIPs.isEmpty() ? defaults.allowedIPs : client.allowedIPs;
    var wanted =
        given.isEmpty() ? reachable(peer, mesh) : LenientParsing.readAll(given, IpPrefix::parse);
    var holes = new ArrayList<>(ownRoutes(peer));
    if (given.isEmpty()) {
      holes.addAll(dialled(endpoint, mesh));
    }
    holes.addAll(LenientParsing.readAll(client.excludeIPs, IpPrefix::parse));
    return Prefixes.minus(Prefixes.withoutContained(wanted), holes);
  }

  /**
   * What the client dials must not ride in its own tunnel: the endpoint's address, or, where that
   * is a name, those of all gateways.
   */
  private static List<IpPrefix> dialled(ConfiguredEndpoint endpoint, Mesh mesh) {
    return LenientParsing.read(endpoint.host(), IpAddress::parse)
        .map(address -> List.of(address.toPrefix()))
        .orElseGet(() ->
            mesh.view().nodes().stream()
                .filter(NodeView::gateway)
                .flatMap(node -> node.underlay().addresses().stream())
                .map(IpAddress::toPrefix)
                .toList());
  }

  /** The pools, what the nodes advertise, and every accepted route. */
  private static List<IpPrefix> reachable(Peer peer, Mesh mesh) {
    var name = MeshViews.name(peer);
    var reachable = new ArrayList<>(mesh.view().network().addressing().pools());
    reachable.addAll(mesh.view().network().advertised().cidrs());
    mesh.admission()
        .routes()
        .forEach((bringer, decisions) -> {
          if (!bringer.equals(name)) {
            accepted(decisions).forEach(reachable::add);
          }
        });
    return reachable;
  }

  private static List<ClientConfiguration.SiteRoute> siteRoutes(Peer peer, Mesh mesh) {
    Set<String> masqueraded =
        peer.getSpec().routes.stream()
            .filter(it -> it.masquerade)
            .map(it -> it.cidr)
            .collect(Collectors.toSet());
    return accepted(mesh.admission().routesOf(MeshViews.name(peer))).stream()
        .map(cidr -> new ClientConfiguration.SiteRoute(cidr, masqueraded.contains(cidr.toString())))
        .toList();
  }

  private static List<IpPrefix> ownRoutes(Peer peer) {
    return LenientParsing.readAll(
        peer.getSpec().routes.stream().map(it -> it.cidr).toList(), IpPrefix::parse);
  }

  private static List<IpPrefix> accepted(List<RouteDecision> decisions) {
    return decisions.stream()
        .filter(it -> it.state() == RouteDecision.State.ACCEPTED)
        .map(RouteDecision::cidr)
        .toList();
  }
}
