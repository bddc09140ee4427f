package dev.wiremesh.api.contract;

/** The entries of the Secrets. */
public final class SecretKeys {
  public static final String PRIVATE_KEY = "privateKey";
  public static final String PUBLIC_KEY = "publicKey";
  public static final String PRESHARED_KEY = "presharedKey";

  /** In a network's Secret: the seed from which each pair's preshared key is derived. */
  public static final String PRESHARED_KEY_SEED = "presharedKeySeed";

  /** In a Peer's Secret: the complete client configuration. */
  public static final String WG_QUICK_CONF = "wg-quick.conf";

  /** In a gateway Secret, with the next three: the device parameters of the network. */
  public static final String LISTEN_PORT = "listenPort";

  public static final String INTERFACE_NAME = "interfaceName";
  public static final String ROUTING_TABLE = "routingTable";
  public static final String RULE_PRIORITY = "rulePriority";

  private SecretKeys() {}
}
