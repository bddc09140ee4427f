package dev.wiremesh.agent.host;

import dev.wiremesh.agent.host.link.HostLink;
import dev.wiremesh.agent.host.link.UnderlayMtu;
import dev.wiremesh.agent.host.link.UnderlayRoutes;
import dev.wiremesh.agent.host.nft.HostFilter;
import dev.wiremesh.agent.host.nft.NetworkFilter;
import dev.wiremesh.agent.host.route.HostRoutes;
import dev.wiremesh.agent.host.route.HostRules;
import dev.wiremesh.agent.host.route.RouteFinding;
import dev.wiremesh.agent.host.route.Surroundings;
import dev.wiremesh.agent.host.sysctl.Ipv6Forwarding;
import dev.wiremesh.agent.host.sysctl.NodeSettings;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RouteOrigin;
import dev.wiremesh.core.view.Mtu;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * The host through rtnetlink, sysctls and nft. Each call reads the host and changes only the
 * difference to the plan:
 *
 * <ol>
 *   <li>MTU, then up (the UDP socket opens with it), then reverse path filter and forwarding.
 *   <li>Addresses.
 *   <li>Routes of our protocol in the network's tables.
 *   <li>Rules, after the routes, so that no packet is looked up in half a table.
 *   <li>The packet filter.
 * </ol>
 */
public final class LinuxHostNetwork implements HostNetwork {
  private final Rtnetlink netlink;
  private final UnderlayRoutes underlay;
  private final HostLink hostLink;
  private final HostRoutes hostRoutes;
  private final HostRules hostRules;
  private final Ipv6Forwarding ipv6;
  private final HostFilter filter;
  private final NodeSettings settings;

  public LinuxHostNetwork(Rtnetlink netlink, Path stateDirectory, NodeSettings settings) {
    this(netlink, Ipv6Forwarding.ofNode(stateDirectory), new HostFilter(), settings);
  }

  LinuxHostNetwork(Rtnetlink netlink, Ipv6Forwarding ipv6, HostFilter filter) {
    this(netlink, ipv6, filter, new NodeSettings());
  }

  private LinuxHostNetwork(
      Rtnetlink netlink, Ipv6Forwarding ipv6, HostFilter filter, NodeSettings settings) {
    this.settings = settings;
    this.netlink = netlink;
    this.underlay = new UnderlayRoutes(netlink);
    this.hostLink = new HostLink(netlink);
    this.hostRoutes = new HostRoutes(netlink);
    this.hostRules = new HostRules(netlink);
    this.ipv6 = ipv6;
    this.filter = filter;
  }

  @Override
  public Converged converge(HostPlan plan) throws IOException {
    var links = netlink.links().list();
    var link = linkOf(plan, links);
    var routing = plan.routing();
    var changes = new ArrayList<String>();
    var findings = new ArrayList<RouteFinding>();
    var warnings = new ArrayList<String>();

    int underlayMtu = mtu(plan, links);
    int mtu = plan.link().limited(underlayMtu);
    hostLink.apply(link, mtu, routing.forwarding(), changes);
    if (routing.forwarding() && plan.usesIpv6() && ipv6.kernelHasIpv6()) {
      ipv6.enable(changes).ifPresent(warnings::add);
    }
    hostLink.applyAddresses(link, plan.link().addresses(), changes);
    var surroundings =
        new Surroundings(
            underlay.connected(links),
            underlay.defaultGateways(links),
            plan.bypass().apiServer(),
            plan.bypass().resolvers());
    for (var table : routing.tables()) {
      findings.addAll(
          hostRoutes.apply(table, link.index(), this::isSupported, surroundings, changes));
    }
    var families = Stream.of(Family.values()).filter(this::isSupported).toList();
    hostRules.apply(routing.rules(), families, changes);
    filter
        .apply(
            new NetworkFilter(plan.network(), link.name(), routing.masquerade()),
            routing.forwarding(),
            changes)
        .ifPresent(warnings::add);
    return new Converged(mtu, underlayMtu, changes, findings, warnings, advice(plan, links));
  }

  private List<String> advice(HostPlan plan, List<Link> links) {
    var routing = plan.routing();
    var use =
        new NodeSettings.Use(
            plan.network(),
            plan.link().interfaceName(),
            routing.masquerade() != null,
            routing.routes().stream()
                .anyMatch(route ->
                    route.origin().kind() == RouteOrigin.Kind.PEER
                        && route.destination().family() == Family.IPV4));
    // Our own interfaces are TUNs, and loose.
    return settings.check(
        use, links.stream().filter(link -> link.tun() == null).map(Link::name).toList());
  }

  private static Link linkOf(HostPlan plan, List<Link> links) throws IOException {
    var name = plan.link().interfaceName();
    return links.stream()
        .filter(link -> link.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IOException("There is no interface " + name));
  }

  private int mtu(HostPlan plan, List<Link> links) throws IOException {
    return switch (plan.link().mtu()) {
      case Mtu.Fixed(var bytes) -> bytes;
      case Mtu.Auto() ->
          UnderlayMtu.choose(
              underlay.routes(links),
              plan.endpoints(),
              plan.routing().forwarding(),
              plan.usesIpv6() || plan.link().hasIpv6Address());
    };
  }

  private boolean isSupported(IpPrefix prefix) {
    return isSupported(prefix.family());
  }

  private boolean isSupported(Family family) {
    return family == Family.IPV4 || ipv6.kernelHasIpv6();
  }

  /**
   * An interface with routes of ours is ours, even without a footprint of it: the state directory
   * may be lost.
   */
  @Override
  public boolean isForeign(String interfaceName) throws IOException {
    var link = netlink.links().byName(interfaceName);
    return link.isPresent() && (link.get().tun() == null || !hostRoutes.leadTo(link.get().index()));
  }

  @Override
  public void removeRouting(HostFootprint footprint) throws IOException {
    hostRules.remove(footprint.rule());
    hostRoutes.removeTable(footprint.table());
  }

  @Override
  public void remove(HostFootprint footprint) throws IOException {
    removeRouting(footprint);
    var link = netlink.links().byName(footprint.interfaceName());
    if (link.isPresent() && link.get().tun() != null) {
      netlink.links().delete(link.get().index());
    }
    filter.remove(footprint.network());
    settings.forget(footprint.network());
  }
}
