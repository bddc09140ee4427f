package dev.wiremesh.core.topology;

import java.util.List;
import java.util.Optional;

/**
 * Everything that is known of one network at one moment: what operator and agents watch, as plain
 * values. The order of the lists means nothing.
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
