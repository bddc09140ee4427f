package dev.wiremesh.core.ipam;

/**
 * Who holds an address. A Peer that is created again under its old name is the same owner.
 *
 * @param namespace empty for nodes
 */
public record Owner(String kind, String namespace, String name) {
  /** As a message names it, {@code Peer default/laptop}. */
  @Override
  public String toString() {
    return namespace.isEmpty() ? kind + " " + name : kind + " " + namespace + "/" + name;
  }
}
