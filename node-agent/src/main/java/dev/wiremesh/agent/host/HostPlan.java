package dev.wiremesh.agent.host;

import dev.wiremesh.agent.bypass.BypassAddresses;
import dev.wiremesh.agent.host.link.LinkPlan;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.core.topology.RoutingPlan;
import java.util.Set;

/**
 * The wanted state of the host for one network, apart from the device itself.
 *
 * @param endpoints addresses of the peers' configured endpoints, as far as they are resolved
 * @param bypass addresses that are reached beside the mesh
 */
public record HostPlan(
    String network,
    LinkPlan link,
    RoutingPlan routing,
    Set<IpAddress> endpoints,
    BypassAddresses bypass) {
  public HostPlan {
    endpoints = Set.copyOf(endpoints);
  }

  public static HostPlan of(NodePlan plan, Set<IpAddress> endpoints, BypassAddresses bypass) {
    var device = plan.device();
    var link = new LinkPlan(device.interfaceName(), device.addresses(), device.mtu());
    return new HostPlan(plan.network(), link, plan.routing(), endpoints, bypass);
  }

  /** The same with a measured limit of an automatic MTU; 0 for none. */
  public HostPlan withPathMtu(int bytes) {
    return new HostPlan(
        network,
        new LinkPlan(link.interfaceName(), link.addresses(), link.mtu(), bytes),
        routing,
        endpoints,
        bypass);
  }

  /** The same without some routes. */
  public HostPlan without(Set<RoutePlan> routes) {
    if (routes.isEmpty()) {
      return this;
    }
    var tables =
        routing.tables().stream()
            .map(table ->
                new RouteTablePlan(
                    table.number(),
                    table.routes().stream().filter(route -> !routes.contains(route)).toList()))
            .toList();
    return new HostPlan(
        network,
        link,
        new RoutingPlan(tables, routing.rules(), routing.forwarding(), routing.masquerade()),
        endpoints,
        bypass);
  }

  /** Whether IPv6 is used inside the network. */
  boolean usesIpv6() {
    return routing.routes().stream().anyMatch(route -> !route.destination().address().isV4());
  }
}
