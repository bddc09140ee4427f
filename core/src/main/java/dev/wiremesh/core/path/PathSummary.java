package dev.wiremesh.core.path;

import dev.wiremesh.core.view.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * The paths of one node to all others, in words for its status. The text depends on the wanted
 * state only, so that a steady state changes nothing.
 *
 * @param message whole sentences
 */
public record PathSummary(Kind kind, String message) {
  private static final int MOST_NAMES = 3;

  /** The worst path of the node. */
  public enum Kind {
    DIRECT,
    RELAYED,
    NO_PATH
  }

  /**
   * @param self a member or not
   * @param members the nodes that can have sessions
   * @param hubs whether nodes that are no gateways have sessions with gateways only
   */
  public static PathSummary of(NodeView self, List<NodeView> members, boolean hubs) {
    var paths = NodePaths.of(self, members, hubs);
    var relayed = new ArrayList<String>();
    var without = new ArrayList<String>();
    boolean byTopology = false;
    for (var other : members) {
      switch (paths.to(other.name()).orElse(null)) {
        case null -> {}
        case NodePath.Direct direct -> {}
        case NodePath.Relayed(var gateways, boolean asked) -> {
          byTopology |= asked;
          if (!asked) {
            relayed.add(other.name() + " (" + obstacle(self, other) + ")");
          }
        }
        case NodePath.None(boolean asked) ->
            without.add(
                other.name()
                    + " ("
                    + (asked ? "the topology is HubAndSpoke" : obstacle(self, other))
                    + ")");
      }
    }
    var sentences = new ArrayList<String>();
    if (!without.isEmpty()) {
      sentences.add(
          "There is no path to "
              + counted(without)
              + ", and no gateway has sessions with both ends: let spec.gateways.selector match a"
              + " node that both reach, or write an endpoint that is reached from everywhere in"
              + " spec.nodes.overrides of the network.");
    }
    if (byTopology) {
      sentences.add(
          "Gateways relay to the nodes that are no gateways: the topology is HubAndSpoke.");
    }
    if (!relayed.isEmpty()) {
      sentences.add("Gateways relay to " + counted(relayed) + ".");
    }
    if (!without.isEmpty()) {
      return new PathSummary(Kind.NO_PATH, String.join(" ", sentences));
    }
    return sentences.isEmpty()
        ? new PathSummary(Kind.DIRECT, "The node has a session of its own with every other node.")
        : new PathSummary(Kind.RELAYED, String.join(" ", sentences));
  }

  private static String counted(List<String> nodes) {
    var names =
        nodes.stream().sorted().limit(MOST_NAMES).collect(Collectors.joining(", "))
            + (nodes.size() > MOST_NAMES ? " and " + (nodes.size() - MOST_NAMES) + " more" : "");
    return (nodes.size() == 1 ? "node " : nodes.size() + " nodes: ") + names;
  }

  private static String obstacle(NodeView self, NodeView other) {
    if (NodeLinks.areOfOneSite(self, other)) {
      return "neither node has an address of a family that the other one has";
    }
    return "in "
        + site(other)
        + ", this node in "
        + site(self)
        + ", and neither has an ExternalIP that the other one can dial";
  }

  private static String site(NodeView node) {
    var site = node.underlay().site();
    return site.isEmpty() ? "no site" : "site " + site;
  }
}
