package dev.wiremesh.wireguard.uapi;

/** Access that a socket gives to its clients. */
public enum UapiAccess {
  READ_WRITE,
  /**
   * For a device that is configured otherwise: {@code wg show} works, {@code wg set} is refused.
   */
  READ_ONLY
}
