package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Routing tables, rules and forwarding that lead packets of one node into a network's device.
 *
 * @param tables that belong to the network alone
 * @param rules that look up these tables
 * @param forwarding whether packets pass through this node from one peer to another, or to pods
 * @param masquerade null if no addresses are translated
 */
public record RoutingPlan(
    List<RouteTablePlan> tables,
    List<RulePlan> rules,
    boolean forwarding,
    @Nullable Masquerade masquerade) {

  /**
   * Source NAT for traffic that leaves the mesh: destinations without a route back reply to the
   * gateway.
   *
   * @param sources addresses of the mesh
   * @param excludedDestinations this node's own pods: they reply through this node anyway
   */
  public record Masquerade(List<IpPrefix> sources, List<IpPrefix> excludedDestinations) {
    public Masquerade {
      sources = List.copyOf(sources);
      excludedDestinations = List.copyOf(excludedDestinations);
    }
  }

  public RoutingPlan {
    tables = List.copyOf(tables);
    rules = List.copyOf(rules);
  }

  /** One table with the rule that looks it up. */
  public static RoutingPlan ofTable(
      RouteTablePlan table, int rulePriority, boolean forwarding, @Nullable Masquerade masquerade) {
    var rule = new RulePlan(rulePriority, table.number());
    return new RoutingPlan(List.of(table), List.of(rule), forwarding, masquerade);
  }

  /** The routes of all tables. */
  public List<RoutePlan> routes() {
    return tables.stream().flatMap(table -> table.routes().stream()).toList();
  }
}
