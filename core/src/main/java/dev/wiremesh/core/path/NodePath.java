package dev.wiremesh.core.path;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The path from one node to another one. */
public sealed interface NodePath {

  /**
   * A session of the two nodes.
   *
   * @param endpoint where the other node is dialled; null if it dials this one
   */
  record Direct(@Nullable ConfiguredEndpoint endpoint) implements NodePath {}

  /**
   * By way of one gateway, which has sessions with both nodes.
   *
   * @param gateways the gateways that relay, at least one: packets go to the first that answers and
   *     are accepted from each. Both ends have the same list.
   * @param byTopology whether the topology asks for a gateway; otherwise neither node can dial the
   *     other
   */
  record Relayed(List<String> gateways, boolean byTopology) implements NodePath {
    public Relayed {
      gateways = List.copyOf(gateways);
    }
  }

  /** No session, and no gateway that has sessions with both nodes. */
  record None(boolean byTopology) implements NodePath {}
}
