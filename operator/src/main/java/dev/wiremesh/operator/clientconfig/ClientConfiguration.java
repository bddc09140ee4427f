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
import dev.wiremesh.core.net.PrefixWidening;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.wgquick.AddressWithPrefix;
import dev.wiremesh.core.wgquick.SiteInstructions;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.core.wgquick.SiteRouterScript;
import dev.wiremesh.core.wgquick.WgQuickConfig;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import dev.wiremesh.operator.state.MeshCache.Mesh;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

  /** Routes that one sentence names. */
  private static final int MOST_NAMED = 5;

  private final Peer peer;
  private final String network;
  private final Mesh mesh;
  private final List<IpAddress> addresses;
  private final ConfiguredEndpoint endpoint;
  private final List<IpPrefix> otherPools;
  private final PeerSpec.Client client;
  private final WireGuardNetworkSpec.ClientDefaults defaults;

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
    this.peer = peer;
    this.network = network.getMetadata().getName();
    this.mesh = mesh;
    this.addresses = List.copyOf(addresses);
    this.endpoint = endpoint;
    this.otherPools = List.copyOf(otherPools);
    this.client = peer.getSpec().client == null ? new PeerSpec.Client() : peer.getSpec().client;
    this.defaults =
        network.getSpec().clientDefaults == null
            ? new WireGuardNetworkSpec.ClientDefaults()
            : network.getSpec().clientDefaults;
  }

  /** The configuration with these keys. It comes up only if there is no {@link #problem}. */
  public WgQuickConfig config(ClientKeys keys) {
    var header =
        MeshViews.name(peer) + " in the WireGuard network " + network + ". Made by Wiremesh.";
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
        client.mtu != null ? "spec.client.mtu" : "spec.clientDefaults.mtu of network " + network;
    return addresses.stream()
        .filter(address -> !address.isV4())
        .findFirst()
        .map(address ->
            new ConfigurationProblem.MtuTooSmall(
                "%s is %d, but IPv6 needs %d and the peer has %s: write at least %d, or leave it out."
                    .formatted(
                        field, mtuBytes, IPV6_MINIMUM_MTU_BYTES, address, IPV6_MINIMUM_MTU_BYTES)));
  }

  private Optional<ConfigurationProblem> allowedIpsProblem() {
    if (!allowedIps().isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new ConfigurationProblem.NothingAllowed(
            "Nothing is left of AllowedIPs, so the tunnel would carry nothing: write in"
                + " spec.client.allowedIPs a range of the peer's address families ("
                + addresses.stream().map(IpAddress::toString).collect(Collectors.joining(", "))
                + ") that spec.client.excludeIPs, spec.routes and the endpoint's address do not"
                + " take away, or leave it out."));
  }

  /** Sentences on what the owner of the peer has to see to. */
  public Optional<String> advice() {
    var sentences =
        Stream.of(endpointAdvice(), familyAdvice(), preferLocalAdvice()).flatMap(Optional::stream);
    return Optional.of(sentences.collect(Collectors.joining(" "))).filter(it -> !it.isEmpty());
  }

  /** A sentence about the sites that {@code preferLocal} cannot widen. */
  private Optional<String> preferLocalAdvice() {
    if (!client.preferLocal) {
      return Optional.empty();
    }
    var hindrances = new TreeMap<>(widened().hindrances());
    if (hindrances.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        "spec.client.preferLocal has no effect on "
            + hindrances.entrySet().stream()
                .limit(MOST_NAMED)
                .map(entry ->
                    "%s (%s beside it must stay outside of the tunnel)"
                        .formatted(entry.getKey(), entry.getValue()))
                .collect(Collectors.joining(", "))
            + (hindrances.size() > MOST_NAMED
                ? " and " + (hindrances.size() - MOST_NAMED) + " more routes."
                : "."));
  }

  /**
   * A sentence about an endpoint whose addresses are not known here, if the client might route them
   * into its own tunnel.
   */
  private Optional<String> endpointAdvice() {
    if (isAddress(endpoint)) {
      return Optional.empty();
    }
    var uncut = defaultRoutes(exactAllowedIps());
    var more =
        Prefixes.minus(exactAllowedIps(), reachable()).stream()
            .anyMatch(prefix -> !uncut.contains(prefix.family()));
    return more
        ? Optional.of(
            "Its endpoint is the name "
                + endpoint.host()
                + ": write the addresses of that name into spec.client.excludeIPs, unless"
                + " they are a gateway's own or outside AllowedIPs.")
        : Optional.empty();
  }

  /**
   * A sentence about traffic that goes beside the tunnel, although the owner may expect it inside:
   * of a family that the peer has no address of, and that the configuration therefore leaves out.
   */
  private Optional<String> familyAdvice() {
    var left = given().stream().filter(prefix -> !hasFamily(prefix.family())).toList();
    var absent = Stream.of(Family.values()).filter(family -> !hasFamily(family)).findFirst();
    if (absent.isEmpty()) {
      return Optional.empty();
    }
    var name = absent.get() == Family.IPV6 ? "IPv6" : "IPv4";
    if (coversMostOfAFamily(allowedIps())) {
      return Optional.of(
          "The peer has no %s address, so %s traffic of its machine goes beside the tunnel: add an"
                  .formatted(name, name)
              + " %s pool to network %s, or turn %s off on that machine."
                  .formatted(name, network, name));
    }
    return left.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s leaves out %s%s, since the peer has no %s address: add an %s pool to network %s, or"
                    .formatted(
                        givenField(),
                        left.getFirst(),
                        left.size() == 1 ? "" : " and " + (left.size() - 1) + " more",
                        name,
                        name,
                        network)
                + " take it out.");
  }

  /** A full tunnel: a default route, its halves, or one from which some ranges are cut. */
  private static boolean coversMostOfAFamily(List<IpPrefix> prefixes) {
    return Stream.of(Family.values())
        .anyMatch(family ->
            prefixes.stream()
                    .filter(prefix -> prefix.family() == family)
                    .mapToDouble(prefix -> Math.scalb(1.0, -prefix.length()))
                    .sum()
                >= 0.5);
  }

  /** Whether the peer and the gateways mix a preshared key into their handshakes. */
  public boolean wantsPresharedKey() {
    return mesh.view().network().keys().presharedKeys()
        && peer.getSpec().presharedKey == PeerSpec.PresharedKey.NETWORK;
  }

  private WgQuickConfig.Interface device(ClientKeys keys) {
    var comments = new ArrayList<String>();
    if (keys.privateKey() == null) {
      comments.add(
          "Only the public key is known to the cluster: write this device's private key here.");
    }
    if (!client.commands) {
      siteRoutes().forEach(route -> comments.add(SiteInstructions.byHand(route)));
    }
    return new WgQuickConfig.Interface(
        comments,
        keys.privateKey(),
        addresses.stream().map(AddressWithPrefix::single).toList(),
        dns(),
        mtuBytes(),
        client.table,
        client.commands ? SiteRouterScript.hooks(siteRoutes()) : List.of());
  }

  private WgQuickConfig.Peer gateways(ClientKeys keys) {
    return new WgQuickConfig.Peer(
        List.of("The gateways of " + network + ": they share this key."),
        keys.gateway(),
        keys.presharedKey(),
        allowedIps(),
        endpoint,
        keepalive());
  }

  private List<String> dns() {
    var dns = new ArrayList<String>();
    nameServers().forEach(address -> dns.add(address.toString()));
    if (!dns.isEmpty()) {
      dns.addAll(client.searchDomains);
    }
    return dns;
  }

  private Stream<IpAddress> nameServers() {
    var given = client.dns.isEmpty() ? defaults.dns : client.dns;
    return LenientParsing.readAll(given, IpAddress::parse).stream()
        .filter(address -> hasFamily(address.family()));
  }

  private Duration keepalive() {
    var own = peer.getSpec().persistentKeepalive;
    if (own != null) {
      return MeshViews.keepalive(own);
    }
    var given = defaults.persistentKeepalive;
    return given != null ? MeshViews.keepalive(given) : mesh.view().network().persistentKeepalive();
  }

  private int mtuBytes() {
    return client.mtu == null ? defaults.mtu : client.mtu;
  }

  private List<IpPrefix> allowedIps() {
    return client.preferLocal ? widened().prefixes() : exactAllowedIps();
  }

  /** The allowed IPs in which the LAN of a site has the longer route for a client inside it. */
  private PrefixWidening widened() {
    var outside = new ArrayList<>(excluded());
    outside.addAll(otherPools);
    outside.addAll(dialed());
    outside.addAll(gatewayAddresses());
    nameServers().map(IpAddress::toPrefix).forEach(outside::add);
    return PrefixWidening.of(exactAllowedIps(), othersRoutes().toList(), outside);
  }

  /**
   * The wanted prefixes minus the networks at the client itself, the excluded ones and, unless a
   * default route is left whole, the addresses that the client dials.
   */
  private List<IpPrefix> exactAllowedIps() {
    var given = given();
    var wanted = given.isEmpty() ? reachable() : given;
    var left =
        Prefixes.minus(
            Prefixes.withoutContained(
                wanted.stream().filter(prefix -> hasFamily(prefix.family())).toList()),
            excluded());
    // wg-quick keeps the endpoint out of a tunnel with a default route, by a mark and rules, but
    // only for exactly 0.0.0.0/0 or ::/0.
    var uncut = defaultRoutes(left);
    return Prefixes.minus(
        left, dialed().stream().filter(address -> !uncut.contains(address.family())).toList());
  }

  private List<IpPrefix> excluded() {
    var excluded = new ArrayList<>(ownRoutes());
    excluded.addAll(LenientParsing.readAll(client.excludeIPs, IpPrefix::parse));
    return excluded;
  }

  private List<IpPrefix> given() {
    return LenientParsing.readAll(
        client.allowedIPs.isEmpty() ? defaults.allowedIPs : client.allowedIPs, IpPrefix::parse);
  }

  private String givenField() {
    return client.allowedIPs.isEmpty()
        ? "spec.clientDefaults.allowedIPs of network " + network
        : "spec.client.allowedIPs";
  }

  private static Set<Family> defaultRoutes(List<IpPrefix> prefixes) {
    return prefixes.stream()
        .filter(IpPrefix::isDefault)
        .map(IpPrefix::family)
        .collect(Collectors.toSet());
  }

  private boolean hasFamily(Family family) {
    return addresses.stream().anyMatch(address -> address.family() == family);
  }

  private static boolean isAddress(ConfiguredEndpoint endpoint) {
    return LenientParsing.read(endpoint.host(), IpAddress::parse).isPresent();
  }

  /**
   * The addresses that the client dials, which must not be routed into its own tunnel: the
   * endpoint's address or, for a name, the addresses of all gateways.
   */
  private List<IpPrefix> dialed() {
    return LenientParsing.read(endpoint.host(), IpAddress::parse)
        .map(address -> List.of(address.toPrefix()))
        .orElseGet(this::gatewayAddresses);
  }

  private List<IpPrefix> gatewayAddresses() {
    return mesh.view().nodes().stream()
        .filter(NodeView::gateway)
        .flatMap(node -> node.underlay().addresses().stream())
        .map(IpAddress::toPrefix)
        .toList();
  }

  /** The pools, the advertised prefixes, and the accepted routes of all other peers. */
  private List<IpPrefix> reachable() {
    var reachable = new ArrayList<>(mesh.view().network().pools());
    reachable.addAll(mesh.view().network().advertised().cidrs());
    othersRoutes().forEach(reachable::add);
    return reachable;
  }

  private Stream<IpPrefix> othersRoutes() {
    var name = MeshViews.name(peer);
    return mesh.members().routes().entrySet().stream()
        .filter(other -> !other.getKey().equals(name))
        .flatMap(other -> accepted(other.getValue()).stream());
  }

  private List<SiteRoute> siteRoutes() {
    var decisions = mesh.members().routesOf(MeshViews.name(peer));
    return peer.getSpec().routes.stream()
        .flatMap(route ->
            MeshViews.siteRoute(route)
                .filter(site -> isInUse(site.meshBlock(), route.group, decisions))
                .stream())
        .filter(route -> hasFamily(route.cidr().family()))
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

  /**
   * The networks at the client itself, also those without traffic: a second route to one of them
   * would collide with the client's own. A rejected route may be any range, such as the pool.
   */
  private List<IpPrefix> ownRoutes() {
    var blocks =
        mesh.members().routesOf(MeshViews.name(peer)).stream()
            .filter(decision -> decision.state() != RouteDecision.State.REJECTED)
            .map(RouteDecision::cidr)
            .toList();
    var own = new ArrayList<>(blocks);
    peer.getSpec().routes.stream()
        .flatMap(route -> MeshViews.siteRoute(route).stream())
        .filter(route -> route.isTranslated() && blocks.contains(route.meshBlock()))
        .map(SiteRoute::cidr)
        .forEach(own::add);
    return own;
  }

  private static List<IpPrefix> accepted(List<RouteDecision> decisions) {
    return decisions.stream()
        .filter(decision -> decision.state() == RouteDecision.State.ACCEPTED)
        .map(RouteDecision::cidr)
        .toList();
  }
}
