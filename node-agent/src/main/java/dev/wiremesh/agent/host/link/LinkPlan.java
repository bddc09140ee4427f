package dev.wiremesh.agent.host.link;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.topology.Mtu;
import java.util.List;

/** The interface of a network, its addresses and its MTU. */
public record LinkPlan(String interfaceName, List<IpAddress> addresses, Mtu mtu) {
  public LinkPlan {
    addresses = List.copyOf(addresses);
  }
}
