package dev.wiremesh.core.topology;

import dev.wiremesh.core.keys.PublicKey;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One peer of a device.
 *
 * @param name the node's name, or {@code namespace/name} of an outside peer
 * @param addresses its own in the mesh
 * @param identity which of our keys it knows us by
 * @param presharedKey whether the pair's derived preshared key is mixed in
 * @param endpoint a hint where to dial first, never more; null: it dials us
 * @param persistentKeepalive zero for none
 * @param allowedIps what is sent to it and accepted from it; no prefix stands at two peers
 */
public record PeerPlan(
    String name,
    Kind kind,
    PublicKey publicKey,
    List<IpAddress> addresses,
    IdentityKind identity,
    boolean presharedKey,
    @Nullable ConfiguredEndpoint endpoint,
    Duration persistentKeepalive,
    List<IpPrefix> allowedIps) {

  /** What stands at the other end. */
  public enum Kind {
    NODE,
    OUTSIDE
  }

  public PeerPlan {
    addresses = List.copyOf(addresses);
    allowedIps = List.copyOf(allowedIps);
  }
}
