package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.view.Mtu;
import java.util.List;
import java.util.Set;

/**
 * The device of a network on one node.
 *
 * @param addresses addresses of the interface, each with a full-length prefix
 * @param identities the static keys under which it answers handshakes
 * @param peers sorted by name
 */
public record DevicePlan(
    String interfaceName,
    int listenPort,
    List<IpAddress> addresses,
    Set<IdentityKind> identities,
    Mtu mtu,
    List<PeerPlan> peers) {
  public DevicePlan {
    addresses = List.copyOf(addresses);
    identities = Set.copyOf(identities);
    peers = List.copyOf(peers);
  }
}
