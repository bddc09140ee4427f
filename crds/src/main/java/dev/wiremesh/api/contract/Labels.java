package dev.wiremesh.api.contract;

/** Labels on the objects that Wiremesh makes. */
public final class Labels {
  public static final String NAME = "app.kubernetes.io/name";
  public static final String COMPONENT = "app.kubernetes.io/component";
  public static final String MANAGED_BY = "app.kubernetes.io/managed-by";

  /** The value of {@link #NAME} and {@link #MANAGED_BY}. */
  public static final String WIREMESH = "wiremesh";

  /** The network that a Secret or a claim belongs to. */
  public static final String NETWORK = "wiremesh.dev/network";

  /**
   * On an agent's Lease: the node's name, shortened to the length of a label value. Its name dates
   * from when only gateways had one: see {@link LeaseNames#agent}.
   */
  public static final String GATEWAY = "wiremesh.dev/gateway";

  /** On a Lease that claims a device parameter: which one, such as {@code port}. */
  public static final String CLAIM = "wiremesh.dev/claim";

  private Labels() {}
}
