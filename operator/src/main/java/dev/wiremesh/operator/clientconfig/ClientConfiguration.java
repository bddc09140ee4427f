package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.NodeView;
import dev.wiremesh.core.topology.RouteDecision;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The wg-quick configuration of a Peer: values of the Peer, then the network's defaults for
 * clients, then values that follow from the mesh. It has exactly one {@code [Peer]}, since all
 * gateways share one identity. Used by one thread.
 */
public final class ClientConfiguration {
  private final Peer peer;
  private final String network;
  private final Mesh mesh;
  private final PeerSpec.Client client;
  private final WireGuardNetworkSpec.ClientDefaults defaults;

  public ClientConfiguration(Peer peer, WireGuardNetwork network, Mesh mesh) {
    this.peer = peer;
    this.network = network.getMetadata().getName();
    this.mesh = mesh;
    this.client = peer.getSpec().client == null ? new PeerSpec.Client() : peer.getSpec().client;
    this.defaults =
        network.getSpec().clientDefaults == null
            ? new WireGuardNetworkSpec.ClientDefaults()
            : network.getSpec().clientDefaults;
  }

  /** The configuration for a peer with these addresses, keys and gateway endpoint. */
  public WgQuickConfig config(
      List<IpAddress> addresses, ClientKeys keys, ConfiguredEndpoint endpoint) {
    var header =
        MeshViews.name(peer) + " in the WireGuard network " + network + ". Made by Wiremesh.";
    return new WgQuickConfig(
        List.of(header), device(addresses, keys), List.of(gateways(keys, endpoint)));
  }

  /** Whether the peer and the gateways mix a preshared key into their handshakes. */
  public boolean wantsPresharedKey() {
    return mesh.view().network().keys().presharedKeys()
        && peer.getSpec().presharedKey == PeerSpec.PresharedKey.NETWORK;
  }

  private WgQuickConfig.Interface device(List<IpAddress> addresses, ClientKeys keys) {
    return new WgQuickConfig.Interface(
        keys.privateKey() == null
            ? List.of(
                "Only the public key is known to the cluster: write this device's private key"
                    + " here.")
            : List.of(),
        keys.privateKey(),
        addresses.stream().map(AddressWithPrefix::single).toList(),
        dns(),
        client.mtu == null ? defaults.mtu : client.mtu,
        client.table,
        SiteRouterScript.hooks(siteRoutes()));
  }

  private WgQuickConfig.Peer gateways(ClientKeys keys, ConfiguredEndpoint endpoint) {
    return new WgQuickConfig.Peer(
        List.of("The gateways of " + network + ": they share this key."),
        keys.gateway(),
        keys.presharedKey(),
        allowedIps(endpoint),
        endpoint,
        keepalive());
  }

  private List<String> dns() {
    var dns = new ArrayList<>(client.dns.isEmpty() ? defaults.dns : client.dns);
    if (!dns.isEmpty()) {
      dns.addAll(client.searchDomains);
    }
    return dns;
  }

  private Duration keepalive() {
    var own = peer.getSpec().persistentKeepalive;
    if (own != null) {
      return MeshViews.keepalive(own);
    }
    var given = defaults.persistentKeepalive;
    return given != null ? MeshViews.keepalive(given) : mesh.view().network().persistentKeepalive();
  }

  private List<IpPrefix> allowedIps(ConfiguredEndpoint endpoint) {
    var given = client.allowedIPs.isEmpty() ? defaults.allowedIPs : client.allowedIPs;
    var wanted = given.isEmpty() ? reachable() : LenientParsing.readAll(given, IpPrefix::parse);
    var excluded = new ArrayList<>(ownRoutes());
    if (given.isEmpty()) {
      excluded.addAll(endpointAddresses(endpoint));
    }
    excluded.addAll(LenientParsing.readAll(client.excludeIPs, IpPrefix::parse));
    return Prefixes.minus(Prefixes.withoutContained(wanted), excluded);
  }

  /**
   * The addresses that the client dials, which must not be routed into its own tunnel: the
   * endpoint's address or, for a name, the addresses of all gateways.
   */
  private List<IpPrefix> endpointAddresses(ConfiguredEndpoint endpoint) {
    return LenientParsing.read(endpoint.host(), IpAddress::parse)
        .map(address -> List.of(address.toPrefix()))
        .orElseGet(() ->
            mesh.view().nodes().stream()
                .filter(NodeView::gateway)
                .flatMap(node -> node.underlay().addresses().stream())
                .map(IpAddress::toPrefix)
                .toList());
  }

  /** The pools, the advertised prefixes, and the accepted routes of all other peers. */
  private List<IpPrefix> reachable() {
    var name = MeshViews.name(peer);
    var reachable = new ArrayList<>(mesh.view().network().addressing().pools());
    reachable.addAll(mesh.view().network().advertised().cidrs());
    mesh.admission()
        .routes()
        .forEach((other, decisions) -> {
          if (!other.equals(name)) {
            accepted(decisions).forEach(reachable::add);
          }
        });
    return reachable;
  }

  private List<SiteRoute> siteRoutes() {
    Set<String> masqueraded =
        peer.getSpec().routes.stream()
            .filter(route -> route.masquerade)
            .map(route -> route.cidr)
            .collect(Collectors.toSet());
    return accepted(mesh.admission().routesOf(MeshViews.name(peer))).stream()
        .map(cidr -> new SiteRoute(cidr, masqueraded.contains(cidr.toString())))
        .toList();
  }

  private List<IpPrefix> ownRoutes() {
    return LenientParsing.readAll(
        peer.getSpec().routes.stream().map(route -> route.cidr).toList(), IpPrefix::parse);
  }

  private static List<IpPrefix> accepted(List<RouteDecision> decisions) {
    return decisions.stream()
        .filter(decision -> decision.state() == RouteDecision.State.ACCEPTED)
        .map(RouteDecision::cidr)
        .toList();
  }
}
