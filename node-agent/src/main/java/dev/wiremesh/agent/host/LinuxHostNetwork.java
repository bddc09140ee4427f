package dev.wiremesh.agent.host;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpAddress.Family;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.Mtu;
import dev.wiremesh.wireguard.linux.netlink.InterfaceAddress;
import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings;
import dev.wiremesh.wireguard.linux.netlink.Ipv4Settings.ReversePathFilter;
import dev.wiremesh.wireguard.linux.netlink.Link;
import dev.wiremesh.wireguard.linux.netlink.Route;
import dev.wiremesh.wireguard.linux.netlink.RouteFilter;
import dev.wiremesh.wireguard.linux.netlink.Rtnetlink;
import dev.wiremesh.wireguard.linux.netlink.Rule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Through rtnetlink. Each call reads what is there and changes only the difference:
 *
 * <ol>
 *   <li>MTU, then up (our UDP socket opens with it), then reverse path filter and forwarding.
 *   <li>Addresses: missing ones first, then those too many. The kernel's link-local one stays.
 *   <li>Routes of our protocol in our table, and only then
 *   <li>the rule that leads there, so that nothing is looked up in half a table.
 *   <li>Where packets pass through this node: the network's table of the packet filter.
 * </ol>
 */
public final class LinuxHostNetwork implements HostNetwork {
  private static final IpPrefix LINK_LOCAL_V6 = IpPrefix.parse("fe80::/10");
  private static final IpPrefix LINK_LOCAL_V4 = IpPrefix.parse("169.254.0.0/16");
  private static final IpPrefix LOOPBACK_V4 = IpPrefix.parse("127.0.0.0/8");

  private final Rtnetlink netlink;
  private final Ipv6Forwarding ipv6;
  private final NftCommand nftables;
  private final Set<String> withoutTable = new HashSet<>();

  public LinuxHostNetwork(Rtnetlink netlink, Path stateDirectory) {
    this(netlink, Ipv6Forwarding.ofNode(stateDirectory), new NftCommand());
  }

  LinuxHostNetwork(Rtnetlink netlink, Ipv6Forwarding ipv6, NftCommand nftables) {
    this.netlink = netlink;
    this.ipv6 = ipv6;
    this.nftables = nftables;
  }

  @Override
  public Outcome converge(HostPlan plan) throws IOException {
    var links = netlink.links().list();
    var link =
        links.stream()
            .filter(one -> one.name().equals(plan.interfaceName()))
            .findFirst()
            .orElseThrow(() -> new IOException("There is no interface " + plan.interfaceName()));
    var changes = new ArrayList<String>();
    var notes = new ArrayList<String>();
    var warnings = new ArrayList<String>();

    int mtu = mtu(plan, link, links);
    link(plan, link, mtu, changes);
    if (plan.forwarding() && plan.ipv6() && ipv6.kernelHasIpv6()) {
      var outcome = ipv6.allow();
      changes.addAll(outcome.changes());
      outcome.warning().ifPresent(warnings::add);
    }
    addresses(plan, link, changes);
    routes(plan, link, links, changes, notes);
    rules(plan, changes);
    filter(plan, changes, warnings);
    return new Outcome(mtu, changes, notes, warnings);
  }

  private void link(HostPlan plan, Link link, int mtu, List<String> changes) throws IOException {
    var links = netlink.links();
    if (link.mtuBytes() != mtu) {
      links.setMtu(link.index(), mtu);
      changes.add("set MTU " + mtu);
    }
    if (!link.up()) {
      links.setUp(link.index());
      changes.add("set up");
    }
    // Whoever lets pods' packets through turned forwarding on already; it is never turned off.
    var wanted =
        new Ipv4Settings(
            plan.forwarding() || link.ipv4().forwarding(),
            ReversePathFilter.LOOSE,
            link.ipv4().sourceValidMark());
    if (!link.ipv4().equals(wanted)) {
      links.setIpv4(link.index(), wanted);
      changes.add("set " + wanted);
    }
  }

  private void addresses(HostPlan plan, Link link, List<String> changes) throws IOException {
    var wanted = new LinkedHashSet<InterfaceAddress>();
    for (var address : plan.addresses()) {
      wanted.add(InterfaceAddress.single(link.index(), address));
    }
    var there = new HashSet<InterfaceAddress>();
    for (var address : netlink.addresses().ofLink(link.index())) {
      if (!LINK_LOCAL_V6.contains(address.address())) {
        there.add(address);
      }
    }
    for (var address : without(wanted, there)) {
      netlink.addresses().add(address);
      changes.add("add address " + address.address());
    }
    for (var address : without(there, wanted)) {
      netlink.addresses().delete(address);
      changes.add("delete address " + address.address());
    }
  }

  private void routes(
      HostPlan plan, Link link, List<Link> links, List<String> changes, List<String> notes)
      throws IOException {
    var destinations =
        plan.routes().stream()
            .filter(route -> route.address().isV4() || ipv6.kernelHasIpv6())
            .toList();
    var planned = new RoutePlanner(plan.table(), link.index()).plan(destinations, connected(links));
    notes.addAll(planned.notes());
    var there = ownRoutes(plan.table());
    for (var route : without(planned.routes(), there)) {
      netlink.routes().replace(route);
      changes.add("add route " + words(route));
    }
    for (var route : without(there, planned.routes())) {
      netlink.routes().delete(route);
      changes.add("delete route " + words(route));
    }
  }

  private static String words(Route route) {
    return (route.type() == Route.Type.THROW ? "throw " : "") + route.destination();
  }

  private Set<Route> ownRoutes(int table) throws IOException {
    var filter = RouteFilter.ofTable(table).withProtocol(OwnershipMarks.PROTOCOL);
    var routes = new LinkedHashSet<Route>();
    for (var route : netlink.routes().list(filter)) {
      routes.add(route.type() == Route.Type.THROW ? withoutLink(route) : route);
    }
    return routes;
  }

  /** IPv6 shows a throw as if it left by the loopback interface. */
  private static Route withoutLink(Route route) {
    return Route.without(route.type(), route.destination())
        .withTable(route.table())
        .withProtocol(route.protocol())
        .withMetric(route.metric());
  }

  /** The prefixes of the node's own neighbourhood: those of its addresses, our devices aside. */
  private Set<IpPrefix> connected(List<Link> links) throws IOException {
    var tunnels = new HashSet<Integer>();
    links.stream().filter(link -> link.tun() != null).forEach(link -> tunnels.add(link.index()));
    var prefixes = new HashSet<IpPrefix>();
    for (var address : netlink.addresses().list()) {
      var network = address.network();
      if (!tunnels.contains(address.linkIndex())
          && !network.isSingleAddress()
          && !isEverywhere(address.address())) {
        prefixes.add(network);
      }
    }
    return prefixes;
  }

  private static boolean isEverywhere(IpAddress address) {
    return LINK_LOCAL_V6.contains(address)
        || LINK_LOCAL_V4.contains(address)
        || LOOPBACK_V4.contains(address);
  }

  private void rules(HostPlan plan, List<String> changes) throws IOException {
    var wanted = new LinkedHashSet<Rule>();
    for (var family : Family.values()) {
      if (family == Family.IPV4 || ipv6.kernelHasIpv6()) {
        wanted.add(
            new Rule(
                family,
                plan.rulePriority(),
                plan.table(),
                OwnershipMarks.MARK,
                OwnershipMarks.MARK_MASK,
                true,
                OwnershipMarks.PROTOCOL));
      }
    }
    var there = new LinkedHashSet<Rule>();
    for (var rule : netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL)) {
      if (rule.table() == plan.table() || rule.priority() == plan.rulePriority()) {
        there.add(rule);
      }
    }
    for (var rule : without(wanted, there)) {
      netlink.rules().add(rule);
      changes.add("add rule " + rule.priority() + " " + rule.family());
    }
    for (var rule : without(there, wanted)) {
      netlink.rules().delete(rule);
      changes.add("delete rule " + rule.priority() + " " + rule.family());
    }
  }

  /** A node whose kernel or image has no nftables is a node all the same, unless it must speak. */
  private void filter(HostPlan plan, List<String> changes, List<String> warnings) {
    var obstacle = "there is no nft on this node";
    try {
      if (nftables.isThere()) {
        filter(plan, changes);
        return;
      }
    } catch (IOException e) {
      obstacle = String.valueOf(e.getMessage());
    }
    if (plan.masquerade() != null) {
      warnings.add(
          "Peers cannot reach all that the network advertises, because this gateway cannot"
              + " masquerade for them: "
              + obstacle
              + ".");
    }
  }

  private void filter(HostPlan plan, List<String> changes) throws IOException {
    var table = NftTable.of(plan);
    if (!plan.forwarding()) {
      // An earlier agent may have made one; looked for once, since it is a process each time.
      if (!withoutTable.contains(table.name())) {
        if (nftables.tables().contains(table.fullName())) {
          nftables.delete(table.fullName());
          changes.add("delete nft table " + table.name());
        }
        withoutTable.add(table.name());
      }
    } else if (!nftables.text(table.fullName()).contains(table.digest())) {
      nftables.apply(table.script());
      withoutTable.remove(table.name());
      changes.add("set nft table " + table.name());
    }
  }

  private int mtu(HostPlan plan, Link own, List<Link> links) throws IOException {
    return switch (plan.mtu()) {
      case Mtu.Fixed(var bytes) -> bytes;
      case Mtu.Auto() ->
          UnderlayMtu.choose(ways(links, own), plan.endpoints(), plan.forwarding(), plan.ipv6());
    };
  }

  private List<UnderlayMtu.Way> ways(List<Link> links, Link own) throws IOException {
    Map<Integer, Link> byIndex = new HashMap<>();
    links.stream()
        .filter(link -> link.tun() == null && link.index() != own.index())
        .forEach(link -> byIndex.put(link.index(), link));
    var ways = new ArrayList<UnderlayMtu.Way>();
    for (var route : netlink.routes().list(RouteFilter.ofTable(Route.MAIN_TABLE))) {
      var link = byIndex.get(route.linkIndex());
      if (link != null && route.type() == Route.Type.UNICAST) {
        ways.add(new UnderlayMtu.Way(route.destination(), link.mtuBytes()));
      }
    }
    return ways;
  }

  /** What we made and forgot (the state directory was lost) still has our routes on it. */
  @Override
  public boolean isForeign(String interfaceName) throws IOException {
    var link = netlink.links().byName(interfaceName);
    if (link.isEmpty()) {
      return false;
    }
    var ourRoutes =
        RouteFilter.any().withProtocol(OwnershipMarks.PROTOCOL).withLink(link.get().index());
    return link.get().tun() == null || netlink.routes().list(ourRoutes).isEmpty();
  }

  @Override
  public void removeRouting(HostFootprint footprint) throws IOException {
    for (var rule : netlink.rules().ofProtocol(OwnershipMarks.PROTOCOL)) {
      if (rule.table() == footprint.table() && rule.priority() == footprint.rulePriority()) {
        netlink.rules().delete(rule);
      }
    }
    for (var route : ownRoutes(footprint.table())) {
      netlink.routes().delete(route);
    }
  }

  @Override
  public void remove(HostFootprint footprint) throws IOException {
    removeRouting(footprint);
    var link = netlink.links().byName(footprint.interfaceName());
    if (link.isPresent() && link.get().tun() != null) {
      netlink.links().delete(link.get().index());
    }
    var table = "inet " + NftCommand.PREFIX + footprint.network();
    if (nftables.isThere() && !nftables.text(table).isEmpty()) {
      nftables.delete(table);
    }
  }

  private static <T> Set<T> without(Set<T> some, Set<T> others) {
    var rest = new LinkedHashSet<>(some);
    rest.removeAll(others);
    return rest;
  }
}
