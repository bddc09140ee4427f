package dev.wiremesh.agent.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.wireguard.linux.netlink.Route;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RoutePlannerTest {
  private final RoutePlanner planner = new RoutePlanner(7);

  @Test
  void routesLeadIntoTheDevice() {
    var planned = plan(prefixes("10.70.0.0/16", "fd70::/64"), prefixes("172.31.0.0/24"));
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("10.70.0.0/16"), unicast("fd70::/64"));
    assertThat(planned.notes()).isEmpty();
  }

  @Test
  void connectedPrefixInsideARouteIsThrown() {
    var planned = plan(prefixes("192.168.0.0/16"), prefixes("192.168.5.0/24"));
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("192.168.0.0/16"), thrown("192.168.5.0/24"));
    assertThat(planned.notes()).isEmpty();
  }

  @Test
  void routeInsideAConnectedPrefixIsLeftOut() {
    var planned =
        plan(
            prefixes("192.168.5.0/24", "10.0.0.0/25", "10.70.0.0/16"),
            prefixes("192.168.5.0/24", "10.0.0.0/24"));
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("10.70.0.0/16"), thrown("192.168.5.0/24"));
    assertThat(planned.notes())
        .containsExactly(
            "10.0.0.0/25 is not routed into the mesh: this node is directly connected to"
                + " 10.0.0.0/24.",
            "192.168.5.0/24 is not routed into the mesh: this node is directly connected to"
                + " 192.168.5.0/24.");
  }

  @Test
  void plannedThrowRouteIsThrown() {
    var exception = new RoutePlan(IpPrefix.parse("10.70.9.0/24"), RoutePlan.Target.NEXT_RULE);
    var table = new RouteTablePlan(5190, List.of(exception));
    assertThat(planner.plan(table, _ -> true, List.of()).routes())
        .containsExactly(thrown("10.70.9.0/24"));
  }

  @Test
  void familyWithoutKernelSupportHasNoRoutes() {
    var table = new RouteTablePlan(5190, List.of(RoutePlan.toDevice(IpPrefix.parse("fd70::/64"))));
    assertThat(planner.plan(table, _ -> false, List.of()).routes()).isEmpty();
  }

  private RoutePlanner.Planned plan(List<IpPrefix> destinations, List<IpPrefix> connected) {
    var routes = destinations.stream().map(RoutePlan::toDevice).toList();
    return planner.plan(new RouteTablePlan(5190, routes), _ -> true, connected);
  }

  private static Route unicast(String prefix) {
    return Route.unicast(IpPrefix.parse(prefix), 7)
        .withTable(5190)
        .withProtocol(87)
        .withMetric(512);
  }

  private static Route thrown(String prefix) {
    return Route.without(Route.Type.THROW, IpPrefix.parse(prefix))
        .withTable(5190)
        .withProtocol(87)
        .withMetric(256);
  }

  private static List<IpPrefix> prefixes(String... texts) {
    return Stream.of(texts).map(IpPrefix::parse).toList();
  }
}
