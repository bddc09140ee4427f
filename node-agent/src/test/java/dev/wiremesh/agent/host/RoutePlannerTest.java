package dev.wiremesh.agent.host;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.linux.netlink.Route;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RoutePlannerTest {
  private final RoutePlanner planner = new RoutePlanner(5190, 7);

  @Test
  void routesLeadIntoTheDevice() {
    var planned = planner.plan(prefixes("10.70.0.0/16", "fd70::/64"), prefixes("172.31.0.0/24"));
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("10.70.0.0/16"), unicast("fd70::/64"));
    assertThat(planned.notes()).isEmpty();
  }

  @Test
  void neighbourhoodInsideARouteIsThrown() {
    var planned = planner.plan(prefixes("192.168.0.0/16"), prefixes("192.168.5.0/24"));
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("192.168.0.0/16"), thrown("192.168.5.0/24"));
    assertThat(planned.notes()).isEmpty();
  }

  @Test
  void routeInsideTheNeighbourhoodIsLeftOut() {
    var planned =
        planner.plan(
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
