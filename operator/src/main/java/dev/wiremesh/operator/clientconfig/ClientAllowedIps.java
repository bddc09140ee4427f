package dev.wiremesh.operator.clientconfig;

import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.net.PrefixWidening;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.wgquick.SiteRoute;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.net.Prefixes;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The {@code AllowedIPs} of a Peer's configuration: the given ranges or all that the mesh reaches,
 * without the networks at the client itself, the excluded ranges and the addresses that it dials.
 * Immutable.
 */
final class ClientAllowedIps {
  private final ConfiguredClient client;

  ClientAllowedIps(ConfiguredClient client) {
    this.client = client;
  }

  List<IpPrefix> prefixes() {
    return client.settings().preferLocal ? widened().prefixes() : exact();
  }

  /** The allowed IPs in which the LAN of a site has the longer route for a client inside it. */
  PrefixWidening widened() {
    var outside = new ArrayList<>(excluded());
    outside.addAll(client.otherPools());
    outside.addAll(dialed());
    outside.addAll(gatewayAddresses());
    client.nameServers().map(IpAddress::toPrefix).forEach(outside::add);
    return PrefixWidening.of(exact(), othersRoutes().toList(), outside);
  }

  /**
   * The wanted prefixes minus the networks at the client itself, the excluded ones and, unless a
   * default route is left whole, the addresses that the client dials.
   */
  List<IpPrefix> exact() {
    var given = given();
    var wanted = given.isEmpty() ? reachable() : given;
    var left =
        Prefixes.minus(
            Prefixes.withoutContained(
                wanted.stream().filter(prefix -> client.hasFamily(prefix.family())).toList()),
            excluded());
    // wg-quick keeps the endpoint out of a tunnel with a default route, by a mark and rules, but
    // only for exactly 0.0.0.0/0 or ::/0.
    var uncut = defaultRoutes(left);
    return Prefixes.minus(
        left, dialed().stream().filter(address -> !uncut.contains(address.family())).toList());
  }

  private List<IpPrefix> excluded() {
    var excluded = new ArrayList<>(ownRoutes());
    excluded.addAll(LenientParsing.readAll(client.settings().excludeIPs, IpPrefix::parse));
    return excluded;
  }

  List<IpPrefix> given() {
    return LenientParsing.readAll(
        client.settings().allowedIPs.isEmpty()
            ? client.defaults().allowedIPs
            : client.settings().allowedIPs,
        IpPrefix::parse);
  }

  String givenField() {
    return client.settings().allowedIPs.isEmpty()
        ? "spec.clientDefaults.allowedIPs of network " + client.network()
        : "spec.client.allowedIPs";
  }

  static Set<Family> defaultRoutes(List<IpPrefix> prefixes) {
    return prefixes.stream()
        .filter(IpPrefix::isDefault)
        .map(IpPrefix::family)
        .collect(Collectors.toSet());
  }

  /**
   * The addresses that the client dials, which must not be routed into its own tunnel: the
   * endpoint's address or, for a name, the addresses of all gateways.
   */
  private List<IpPrefix> dialed() {
    return LenientParsing.read(client.endpoint().host(), IpAddress::parse)
        .map(address -> List.of(address.toPrefix()))
        .orElseGet(this::gatewayAddresses);
  }

  private List<IpPrefix> gatewayAddresses() {
    return client.mesh().view().nodes().stream()
        .filter(NodeView::gateway)
        .flatMap(node -> node.underlay().addresses().stream())
        .map(IpAddress::toPrefix)
        .toList();
  }

  /** The pools, the advertised prefixes, and the accepted routes of all other peers. */
  List<IpPrefix> reachable() {
    var reachable = new ArrayList<>(client.mesh().view().network().pools());
    reachable.addAll(client.mesh().view().network().advertised().cidrs());
    othersRoutes().forEach(reachable::add);
    return reachable;
  }

  private Stream<IpPrefix> othersRoutes() {
    var name = client.name();
    return client.mesh().members().routes().entrySet().stream()
        .filter(other -> !other.getKey().equals(name))
        .flatMap(other -> accepted(other.getValue()).stream());
  }

  /**
   * The networks at the client itself, also those without traffic: a second route to one of them
   * would collide with the client's own. A rejected route may be any range, such as the pool.
   */
  private List<IpPrefix> ownRoutes() {
    var blocks =
        client.mesh().members().routesOf(client.name()).stream()
            .filter(decision -> decision.state() != RouteDecision.State.REJECTED)
            .map(RouteDecision::cidr)
            .toList();
    var own = new ArrayList<>(blocks);
    client.peer().getSpec().routes.stream()
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
