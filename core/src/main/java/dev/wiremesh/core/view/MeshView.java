package dev.wiremesh.core.view;

import java.util.List;
import java.util.Optional;
import java.util.Set;

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

  /** The same mesh, where these gateways do not relay between nodes. */
  public MeshView withoutRelays(Set<String> gateways) {
    return gateways.isEmpty()
        ? this
        : new MeshView(
            network,
            nodes.stream()
                .map(node ->
                    gateways.contains(node.name())
                        ? node.toBuilder().relaying(NodeView.Relaying.IMPOSSIBLE).build()
                        : node)
                .toList(),
            peers);
  }
}
