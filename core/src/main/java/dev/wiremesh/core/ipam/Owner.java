package dev.wiremesh.core.ipam;

/**
 * The owner of an address: a node or a Peer, by name. A Peer that is created again under its old
 * name is the same owner.
 *
 * @param namespace empty for nodes
 */
public record Owner(String kind, String namespace, String name) {
  /** Nodes are in no namespace. */
  boolean isNode() {
    return namespace.isEmpty();
  }

  /** The owner in a message, {@code Peer default/laptop}. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? kind + " " + name : kind + " " + namespace + "/" + name;
  }
}
