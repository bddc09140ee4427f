package dev.wiremesh.operator.keys;

import dev.wiremesh.api.ObjectNames;

/** The names of the Secrets in the operator's namespace, and of what stands in them. */
public final class SecretNames {
  public static final String PRIVATE_KEY = "privateKey";
  public static final String PUBLIC_KEY = "publicKey";
  public static final String PRESHARED_KEY = "presharedKey";
  public static final String PRESHARED_KEY_SEED = "presharedKeySeed";

  private SecretNames() {}

  public static String node(String meshNode) {
    return ObjectNames.fitting("wiremesh-node-" + meshNode, ObjectNames.LONGEST_NAME);
  }

  public static String gateway(String network) {
    return "wiremesh-gateway-" + network;
  }

  public static String network(String network) {
    return "wiremesh-network-" + network;
  }
}
