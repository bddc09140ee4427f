package dev.wiremesh.operator.state;

/** Labels and annotations of ours on objects of other kinds. */
public final class Labels {
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";
  public static final String WIREMESH = "wiremesh";
  public static final String NETWORK = "wiremesh.dev/network";

  /** On a gateway's Lease: the node, shortened to what a label holds. */
  public static final String GATEWAY = "wiremesh.dev/gateway";

  /** Digest of a client configuration, so that a change can be seen without reading secrets. */
  public static final String CONFIG_DIGEST = "wiremesh.dev/config-digest";

  /** When the network of a Secret was first seen to be gone. */
  public static final String RELEASED_AT = "wiremesh.dev/released-at";

  private Labels() {}
}
