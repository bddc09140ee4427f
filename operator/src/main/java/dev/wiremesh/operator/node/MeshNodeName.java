package dev.wiremesh.operator.node;

/** A MeshNode's name: {@code <network>.<node>}; a network's name has no dots. */
public final class MeshNodeName {
  private MeshNodeName() {}

  public static String of(String network, String node) {
    return network + "." + node;
  }
}
