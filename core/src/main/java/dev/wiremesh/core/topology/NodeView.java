package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A cluster node that joined the network.
 *
 * @param name the node's name in the cluster
 * @param addresses its addresses in the mesh, at most one a family
 * @param publicKey null until its agent has told it
 * @param endpoint where the others dial it; null if it cannot be dialled
 * @param gateway whether outside peers may connect to it
 * @param nodeAddresses its addresses on the underlay
 * @param podCidrs the pods that live on it
 */
public record NodeView(
    String name,
    CreationOrder age,
    List<IpAddress> addresses,
    @Nullable PublicKey publicKey,
    @Nullable ConfiguredEndpoint endpoint,
    boolean gateway,
    List<IpAddress> nodeAddresses,
    List<IpPrefix> podCidrs) {
  public NodeView {
    addresses = List.copyOf(addresses);
    nodeAddresses = List.copyOf(nodeAddresses);
    podCidrs = List.copyOf(podCidrs);
  }
}
