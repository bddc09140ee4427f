package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What leads packets into the device.
 *
 * @param table the routing table that is ours alone
 * @param rulePriority where the rule that leads into it stands
 * @param routes sorted by destination
 * @param forwarding whether packets pass through this node from one peer to another, or to pods
 * @param masquerade whose packets this node speaks for where they leave the mesh; null: nobody's
 */
public record RoutingPlan(
    int table,
    int rulePriority,
    List<RoutePlan> routes,
    boolean forwarding,
    @Nullable Masquerade masquerade) {

  /**
   * Whoever does not know the way back answers the gateway, and the gateway the peer.
   *
   * @param sources addresses of the mesh
   * @param knowTheWay this node's own pods: they answer by this node anyway
   */
  public record Masquerade(List<IpPrefix> sources, List<IpPrefix> knowTheWay) {
    public Masquerade {
      sources = List.copyOf(sources);
      knowTheWay = List.copyOf(knowTheWay);
    }
  }

  public RoutingPlan {
    routes = List.copyOf(routes);
  }
}
