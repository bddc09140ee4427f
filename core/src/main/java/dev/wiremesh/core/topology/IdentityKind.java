package dev.wiremesh.core.topology;

/** A static key of a device. */
public enum IdentityKind {
  /** The node's own key, used between nodes. */
  NODE,
  /** The key that all gateways of a network share, used towards outside peers. */
  GATEWAY
}
