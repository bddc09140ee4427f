package dev.wiremesh.core.topology;

/** A static key that a device answers for. */
public enum IdentityKind {
  /** The node's own key: what nodes know each other by. */
  NODE,
  /** The key that all gateways of a network share: the only one that outside peers ever see. */
  GATEWAY
}
