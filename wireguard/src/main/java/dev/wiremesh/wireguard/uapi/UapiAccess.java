package dev.wiremesh.wireguard.uapi;

/** What clients of a socket may do. */
public enum UapiAccess {
  READ_WRITE,
  /** For a device whose configuration comes from elsewhere: {@code wg show} works, set does not. */
  READ_ONLY
}
