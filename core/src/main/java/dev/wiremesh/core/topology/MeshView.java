package dev.wiremesh.core.topology;

import java.util.List;
import java.util.Optional;

/**
 * The watched objects of one network at one moment, as plain values. The order of the lists has no
 * meaning.
 */
public record MeshView(NetworkView network, List<NodeView> nodes, List<PeerView> peers) {
  public MeshView {
    nodes = List.copyOf(nodes);
    peers = List.copyOf(peers);
  }

  public Optional<NodeView> node(String name) {
    return nodes.stream().filter(node -> node.name().equals(name)).findFirst();
  }
}
