package dev.wiremesh.api.contract;

import dev.wiremesh.api.ObjectNames;

/**
 * Names and types of the Secrets. All but a Peer's are in the operator's namespace.
 *
 * <p>The prefix {@code wiremesh-gateway-} names a Secret per network here and a Lease per node in
 * {@link LeaseNames}: two kinds, so they cannot collide.
 */
public final class SecretNames {
  /** The type of a Peer's Secret. */
  public static final String PEER_TYPE = "wiremesh.dev/peer";

  private SecretNames() {}

  /** The key pair of one node in one network. */
  public static String node(String meshNode) {
    return ObjectNames.fitting("wiremesh-node-" + meshNode, ObjectNames.LONGEST_NAME);
  }

  /** The gateways' shared key pair, and the device parameters that were allocated. */
  public static String gateway(String network) {
    return "wiremesh-gateway-" + network;
  }

  /** The seed of the network's preshared keys. */
  public static String network(String network) {
    return "wiremesh-network-" + network;
  }

  /** A Peer's key and configuration, in the Peer's namespace. */
  public static String peer(String peer) {
    return peer + "-wiremesh";
  }
}
