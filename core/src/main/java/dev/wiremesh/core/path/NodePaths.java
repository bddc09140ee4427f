package dev.wiremesh.core.path;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.path.NodePath.Direct;
import dev.wiremesh.core.path.NodePath.None;
import dev.wiremesh.core.path.NodePath.Relayed;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.NodeView.Relaying;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The paths from one node to all others. Immutable.
 *
 * <ol>
 *   <li>Two nodes that are {@link NodeLinks linked} have a session. With the gateways as hubs, one
 *       of them must be a gateway.
 *   <li>Otherwise a gateway relays that has sessions with both. The gateways of a pair are ranked
 *       by rendezvous hashing: both ends choose the same ones, the pairs are spread evenly, and
 *       another gateway changes the choice of its own share of the pairs only.
 *   <li>At most {@value #MOST_RELAYS} gateways relay for a pair. One whose agent is silent comes
 *       last. It stays in the list, because its data plane may work, and the other end may still
 *       send by way of it. One that does not answer inside the tunnel is left out, unless none
 *       does.
 * </ol>
 */
public final class NodePaths {
  private static final int MOST_RELAYS = 3;

  private final Map<String, NodePath> paths;

  private NodePaths(Map<String, NodePath> paths) {
    this.paths = paths;
  }

  /**
   * @param self a member or not
   * @param members the nodes that can have sessions
   * @param hubs whether nodes that are no gateways have sessions with gateways only
   */
  public static NodePaths of(NodeView self, List<NodeView> members, boolean hubs) {
    var gateways =
        members.stream()
            .filter(NodeView::gateway)
            .filter(gateway -> !gateway.name().equals(self.name()))
            .filter(gateway -> NodeLinks.areLinked(self, gateway))
            .toList();
    var paths = new TreeMap<String, NodePath>();
    for (var other : members) {
      if (!other.name().equals(self.name())) {
        paths.put(other.name(), path(self, other, gateways, hubs));
      }
    }
    return new NodePaths(paths);
  }

  /** The path to another node; empty for this node itself and for a node that is no member. */
  public Optional<NodePath> to(String node) {
    return Optional.ofNullable(paths.get(node));
  }

  private static NodePath path(
      NodeView self, NodeView other, List<NodeView> gateways, boolean hubs) {
    boolean byTopology = hubs && !self.gateway() && !other.gateway();
    if (!byTopology && NodeLinks.areLinked(self, other)) {
      return new Direct(NodeLinks.endpoint(self, other).orElse(null));
    }
    var relays = relays(self, other, gateways);
    return relays.isEmpty() ? new None(byTopology) : new Relayed(relays, byTopology);
  }

  private static List<String> relays(NodeView self, NodeView other, List<NodeView> gateways) {
    long pair = hash(self.name()) + hash(other.name());
    var ranked =
        gateways.stream()
            .filter(gateway -> !gateway.name().equals(other.name()))
            .filter(gateway -> NodeLinks.areLinked(gateway, other))
            .sorted(
                comparing((NodeView gateway) -> weight(pair, gateway), Long::compareUnsigned)
                    .thenComparing(NodeView::name))
            .toList();
    var answering = without(ranked, Relaying.IMPOSSIBLE);
    var usable = answering.isEmpty() ? ranked : answering;
    var chosen = new ArrayList<>(usable.subList(0, Math.min(MOST_RELAYS, usable.size())));
    if (without(chosen, Relaying.LAST_CHOICE).isEmpty()) {
      without(usable, Relaying.LAST_CHOICE).stream().findFirst().ifPresent(chosen::add);
    }
    return chosen.stream()
        .sorted(comparing(gateway -> gateway.underlay().relaying()))
        .map(NodeView::name)
        .toList();
  }

  private static List<NodeView> without(List<NodeView> gateways, Relaying relaying) {
    return gateways.stream().filter(gateway -> gateway.underlay().relaying() != relaying).toList();
  }

  private static long weight(long pair, NodeView gateway) {
    return mixed(pair ^ hash(gateway.name()));
  }

  /** FNV-1a, mixed: names that differ in one digit must not have similar hashes. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < name.length(); i++) {
      hash = (hash ^ name.charAt(i)) * 0x100000001b3L;
    }
    return mixed(hash);
  }

  /** The finalizer of SplitMix64. */
  private static long mixed(long value) {
    long z = (value ^ (value >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }
}
