package dev.wiremesh.operator.node;

import dev.wiremesh.api.ObjectNames;

/** A MeshNode's name: {@code <network>.<node>}; a network's name has no dots. */
public final class MeshNodeName {
  private MeshNodeName() {}

  public static String of(String network, String node) {
    return ObjectNames.fitting(network + "." + node, ObjectNames.LONGEST_NAME);
  }
}
