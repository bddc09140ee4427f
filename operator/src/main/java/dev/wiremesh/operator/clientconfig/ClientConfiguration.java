package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.PeerSpec;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteInstructions;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The wg-quick configuration of a Peer: values of the Peer, then the network's defaults for
 * clients, then values that follow from the mesh. It has exactly one {@code [Peer]}, since all
 * gateways share one identity. Nothing of an address family that the Peer has no address of gets
 * into it: a host without that family could not bring the interface up. Used by one thread.
 */
public final class ClientConfiguration {
  /** RFC 8200, section 5. Linux refuses an IPv6 address on an interface with less. */
  private static final int IPV6_MINIMUM_MTU_BYTES = 1280;

  private final ConfiguredClient client;
  private final ClientAllowedIps allowedIps;

  /**
   * The configuration of a peer with these addresses, which dials this endpoint.
   *
   * @param otherPools the address pools of other networks
   */
  public ClientConfiguration(
      Peer peer,
      WireGuardNetwork network,
      Mesh mesh,
      List<IpAddress> addresses,
      ConfiguredEndpoint endpoint,
      List<IpPrefix> otherPools) {
    this.client =
        new ConfiguredClient(
            peer,
            network.getMetadata().getName(),
            ConfiguredClient.Settings.of(peer, network),
            mesh,
            addresses,
            endpoint,
            otherPools);
    this.allowedIps = new ClientAllowedIps(client);
  }

  /** The configuration with these keys. It comes up only if there is no {@link #problem}. */
  public WgQuickConfig config(ClientKeys keys) {
    var header =
        client.name() + " in the WireGuard network " + client.network() + ". Made by Wiremesh.";
    return new WgQuickConfig(List.of(header), device(keys), List.of(gateways(keys)));
  }

  /** The reason why the configuration would not come up, if any. */
  public Optional<ConfigurationProblem> problem() {
    return mtuProblem().or(this::allowedIpsProblem);
  }

  private Optional<ConfigurationProblem> mtuProblem() {
    int mtuBytes = mtuBytes();
    if (mtuBytes >= IPV6_MINIMUM_MTU_BYTES) {
      return Optional.empty();
    }
    var field =
        client.settings().mtu != null
            ? "spec.client.mtu"
            : "spec.clientDefaults.mtu of network " + client.network();
    return client.addresses().stream()
        .filter(address -> !address.isV4())
        .findFirst()
        .map(address ->
            new ConfigurationProblem.MtuTooSmall(
                "%s is %d, but IPv6 needs %d and the peer has %s: write at least %d, or leave it out."
                    .formatted(
                        field, mtuBytes, IPV6_MINIMUM_MTU_BYTES, address, IPV6_MINIMUM_MTU_BYTES)));
  }

  private Optional<ConfigurationProblem> allowedIpsProblem() {
    if (!allowedIps.prefixes().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ConfigurationProblem.NothingAllowed(
            "Nothing is left of AllowedIPs, so the tunnel would carry nothing: write in"
                + " spec.client.allowedIPs a range of the peer's address families ("
                + client.addresses().stream()
                    .map(IpAddress::toString)
                    .collect(Collectors.joining(", "))
                + ") that spec.client.excludeIPs, spec.routes and the endpoint's address do not"
                + " take away, or leave it out."));
  }

  /** Sentences for the owner of the peer, about consequences that the operator cannot mend. */
  public Optional<String> advice() {
    return new ClientAdvice(client, allowedIps).sentences();
  }

  /** Whether the peer and the gateways mix a preshared key into their handshakes. */
  public boolean wantsPresharedKey() {
    return client.mesh().view().network().keys().presharedKeys()
        && client.peer().getSpec().presharedKey == PeerSpec.PresharedKey.NETWORK;
  }

  private WgQuickConfig.Interface device(ClientKeys keys) {
    var comments = new ArrayList<String>();
    if (keys.privateKey() == null) {
      comments.add(
          "Only the public key is known to the cluster: write this device's private key here.");
    }
    if (!client.settings().commands) {
      siteRoutes().forEach(route -> comments.add(SiteInstructions.byHand(route)));
    }
    return new WgQuickConfig.Interface(
        comments,
        keys.privateKey(),
        client.addresses().stream().map(AddressWithPrefix::single).toList(),
        dns(),
        mtuBytes(),
        client.settings().table,
        client.settings().commands ? SiteRouterScript.hooks(siteRoutes()) : List.of());
  }

  private WgQuickConfig.Peer gateways(ClientKeys keys) {
    return new WgQuickConfig.Peer(
        List.of("The gateways of " + client.network() + ": they share this key."),
        keys.gateway(),
        keys.presharedKey(),
        allowedIps.prefixes(),
        client.endpoint(),
        keepalive());
  }

  private List<String> dns() {
    var dns = new ArrayList<String>();
    client.nameServers().forEach(address -> dns.add(address.toString()));
    if (!dns.isEmpty()) {
      dns.addAll(client.settings().searchDomains);
    }
    return dns;
  }

  private Duration keepalive() {
    var own = client.peer().getSpec().persistentKeepalive;
    if (own != null) {
      return MeshViews.keepalive(own);
    }
    var given = client.defaults().persistentKeepalive;
    return given != null
        ? MeshViews.keepalive(given)
        : client.mesh().view().network().persistentKeepalive();
  }

  private int mtuBytes() {
    return client.settings().mtu == null ? client.defaults().mtu : client.settings().mtu;
  }

  private List<SiteRoute> siteRoutes() {
    var decisions = client.mesh().members().routesOf(client.name());
    return client.peer().getSpec().routes.stream()
        .flatMap(route ->
            MeshViews.siteRoute(route)
                .filter(site -> isInUse(site.meshBlock(), route.group, decisions))
                .stream())
        .filter(route -> client.hasFamily(route.cidr().family()))
        .toList();
  }

  /** A route on standby in its group carries packets as soon as the active peer fails. */
  private static boolean isInUse(
      IpPrefix block, @Nullable String group, List<RouteDecision> decisions) {
    return decisions.stream()
        .filter(decision -> decision.cidr().equals(block))
        .anyMatch(decision ->
            decision.state() == RouteDecision.State.ACCEPTED
                || decision.state() == RouteDecision.State.STANDBY
                    && group != null
                    && !group.isEmpty());
  }
}
