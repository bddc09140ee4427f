package dev.wiremesh.agent.host;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.Mtu;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RoutingPlan.Masquerade;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the host must know of a network beside its device.
 *
 * @param ipv6 whether IPv6 is used inside the network
 * @param masquerade whose packets this node speaks for where they leave the mesh; null: nobody's
 * @param endpoints where the peers are dialled, as far as it is known
 */
public record HostPlan(
    String network,
    String interfaceName,
    List<IpAddress> addresses,
    Mtu mtu,
    boolean ipv6,
    int table,
    int rulePriority,
    List<IpPrefix> routes,
    boolean forwarding,
    @Nullable Masquerade masquerade,
    Set<IpAddress> endpoints) {
  public HostPlan {
    endpoints = Set.copyOf(endpoints);
    addresses = List.copyOf(addresses);
    routes = List.copyOf(routes);
  }

  public static HostPlan of(NodePlan plan, Set<IpAddress> endpoints) {
    var routes = plan.routing().routes().stream().map(RoutePlan::destination).toList();
    return new HostPlan(
        plan.network(),
        plan.device().interfaceName(),
        plan.device().addresses(),
        plan.device().mtu(),
        routes.stream().anyMatch(route -> !route.address().isV4()),
        plan.routing().table(),
        plan.routing().rulePriority(),
        routes,
        plan.routing().forwarding(),
        plan.routing().masquerade(),
        endpoints);
  }
}
