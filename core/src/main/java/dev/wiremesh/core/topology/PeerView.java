package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A Peer: a laptop, a phone, an office router outside the cluster.
 *
 * @param publicKey null until there is one
 * @param addresses its addresses in the mesh, at most one a family; empty until allocated
 * @param routes the networks behind it that it asks for, accepted or not
 * @param endpoint only if it can be dialled
 * @param persistentKeepalive null: the network's
 * @param presharedKey whether it takes part in the network's preshared keys
 * @param suspended revoked: keeps its address, has no session
 * @param homeGateway the node that holds its session; null until chosen
 */
public record PeerView(
    PeerName name,
    CreationOrder age,
    @Nullable PublicKey publicKey,
    List<IpAddress> addresses,
    List<IpPrefix> routes,
    @Nullable ConfiguredEndpoint endpoint,
    @Nullable Duration persistentKeepalive,
    boolean presharedKey,
    boolean suspended,
    @Nullable String homeGateway) {
  public PeerView {
    addresses = List.copyOf(addresses);
    routes = List.copyOf(routes);
  }
}
