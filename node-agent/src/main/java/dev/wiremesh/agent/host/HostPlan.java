package dev.wiremesh.agent.host;

import dev.wiremesh.agent.host.link.LinkPlan;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.RoutingPlan;
import java.util.Set;

/**
 * The wanted state of the host for one network, apart from the device itself.
 *
 * @param endpoints addresses of the peers' configured endpoints, as far as they are resolved
 */
public record HostPlan(
    String network, LinkPlan link, RoutingPlan routing, Set<IpAddress> endpoints) {
  public HostPlan {
    endpoints = Set.copyOf(endpoints);
  }

  public static HostPlan of(NodePlan plan, Set<IpAddress> endpoints) {
    var device = plan.device();
    var link = new LinkPlan(device.interfaceName(), device.addresses(), device.mtu());
    return new HostPlan(plan.network(), link, plan.routing(), endpoints);
  }

  /** Whether IPv6 is used inside the network. */
  boolean usesIpv6() {
    return routing.routes().stream().anyMatch(route -> !route.destination().address().isV4());
  }
}
