package dev.wiremesh.api.contract;

/** Annotations on the objects that Wiremesh makes. */
public final class Annotations {
  /** Digest of a client configuration: a change is visible without the right to read Secrets. */
  public static final String CONFIG_DIGEST = "wiremesh.dev/config-digest";

  /**
   * The uid of the Secret that the operator wrote this to. A copy that was restored from a backup
   * has another uid than its annotation says.
   */
  public static final String SECRET_UID = "wiremesh.dev/secret-uid";

  /** The time at which the network of a Secret was first missed. */
  public static final String RELEASED_AT = "wiremesh.dev/released-at";

  private Annotations() {}
}
