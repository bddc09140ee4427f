package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A WireGuardNetwork with everything chosen.
 *
 * @param pools where the addresses of nodes and peers come from
 * @param allowedPeerRoutes what the routes of outside peers must lie inside of
 * @param clusterCidrs pods and Services: no peer's route may touch them
 * @param persistentKeepalive zero for none
 * @param presharedKeys whether pairs mix a derived preshared key into their handshakes
 * @param gatewayPublicKey the one identity of all gateways towards outside peers; null until chosen
 * @param gatewayEndpoint what client configurations say; null: the home gateway's own endpoint
 * @param podsThroughMesh whether nodes reach each other's pods through the mesh
 * @param advertised what of the cluster (pods, Services, nodes) outside peers reach through their
 *     gateway; empty if nothing
 */
public record NetworkView(
    String name,
    List<IpPrefix> pools,
    List<IpPrefix> allowedPeerRoutes,
    List<IpPrefix> clusterCidrs,
    DeviceParameters device,
    Duration persistentKeepalive,
    boolean presharedKeys,
    @Nullable PublicKey gatewayPublicKey,
    @Nullable ConfiguredEndpoint gatewayEndpoint,
    boolean podsThroughMesh,
    List<IpPrefix> advertised) {
  public NetworkView {
    pools = List.copyOf(pools);
    allowedPeerRoutes = List.copyOf(allowedPeerRoutes);
    clusterCidrs = List.copyOf(clusterCidrs);
    advertised = List.copyOf(advertised);
  }
}
