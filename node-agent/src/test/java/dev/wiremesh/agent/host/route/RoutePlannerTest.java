package dev.wiremesh.agent.host.route;

import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.agent.host.route.RouteFinding.Cause;
import dev.wiremesh.agent.host.route.Surroundings.Connected;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.RouteOrigin;
import dev.wiremesh.core.topology.RoutePlan;
import dev.wiremesh.core.topology.RouteTablePlan;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.wireguard.linux.netlink.Route;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class RoutePlannerTest {
  private static final RouteOrigin OFFICE = RouteOrigin.peer(new PeerName("default", "office"));

  private final RoutePlanner planner = new RoutePlanner(7);
  private final List<RoutePlan> wanted = new ArrayList<>();
  private final List<Connected> connected = new ArrayList<>();
  private Set<IpAddress> gateways = Set.of();
  private Set<IpAddress> apiServer = Set.of();
  private Set<IpAddress> resolvers = Set.of();

  @Test
  void routesLeadIntoTheDevice() {
    pools("10.70.0.0/16", "fd70::/64");
    peerRoutes("192.168.7.0/24");
    connect("172.31.0.0/24", "172.31.0.7");
    var planned = plan();
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(
            unicast("10.70.0.0/16"), unicast("fd70::/64"), unicast("192.168.7.0/24"));
    assertThat(planned.findings()).isEmpty();
  }

  @Test
  void connectedPrefixInsideARouteIsThrown() {
    peerRoutes("192.168.0.0/16");
    connect("192.168.5.0/24", "192.168.5.7");
    var planned = plan();
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("192.168.0.0/16"), thrown("192.168.5.0/24"));
    assertThat(planned.findings()).isEmpty();
  }

  @Test
  void routeInsideAConnectedPrefixIsLeftOut() {
    pools("10.70.0.0/16");
    peerRoutes("192.168.5.0/24", "10.0.0.0/25");
    connect("192.168.5.0/24", "192.168.5.7");
    connect("10.0.0.0/24", "10.0.0.7");
    var planned = plan();
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("10.70.0.0/16"), thrown("192.168.5.0/24"));
    assertThat(planned.findings())
        .containsExactly(
            new RouteFinding(
                Cause.CONNECTED,
                "10.0.0.0/25 is not routed into the mesh: this node is directly connected to"
                    + " 10.0.0.0/24."),
            new RouteFinding(
                Cause.CONNECTED,
                "192.168.5.0/24 is not routed into the mesh: this node is directly connected to"
                    + " 192.168.5.0/24."));
  }

  @Test
  void apiServerResolversAndGatewaysInsideARouteAreThrown() {
    pools("10.70.0.0/16");
    peerRoutes("172.16.0.0/12", "2001:db8::/32");
    apiServer = addresses("172.16.0.2", "203.0.113.1", "2001:db8::2");
    resolvers = addresses("172.20.0.53", "127.0.0.53");
    gateways = addresses("172.31.0.1", "fe80::1");
    var planned = plan();
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(
            unicast("10.70.0.0/16"),
            unicast("172.16.0.0/12"),
            unicast("2001:db8::/32"),
            thrown("172.16.0.2/32"),
            thrown("2001:db8::2/128"),
            thrown("172.20.0.53/32"),
            thrown("172.31.0.1/32"));
    assertThat(planned.findings()).isEmpty();
  }

  @Test
  void gatewayInsideAThrownPrefixNeedsNoRouteOfItsOwn() {
    peerRoutes("192.168.0.0/16");
    connect("192.168.5.0/24", "192.168.5.7");
    gateways = addresses("192.168.5.1");
    assertThat(plan().routes())
        .containsExactlyInAnyOrder(unicast("192.168.0.0/16"), thrown("192.168.5.0/24"));
  }

  @Test
  void routeToOneBypassAddressIsLeftOut() {
    peerRoutes("172.16.0.2/32", "10.0.0.53/32", "10.0.0.1/32", "10.0.0.9/32");
    apiServer = addresses("172.16.0.2");
    resolvers = addresses("10.0.0.53");
    gateways = addresses("10.0.0.1");
    var planned = plan();
    assertThat(planned.routes())
        .contains(unicast("10.0.0.9/32"))
        .doesNotContain(unicast("172.16.0.2/32"), unicast("10.0.0.53/32"), unicast("10.0.0.1/32"));
    assertThat(planned.findings())
        .extracting(RouteFinding::message)
        .containsExactly(
            "10.0.0.1/32 is not routed into the mesh: it is a default gateway of this node.",
            "10.0.0.53/32 is not routed into the mesh: it is a resolver of this node.",
            "172.16.0.2/32 is not routed into the mesh: it is the API server.");
    assertThat(planned.findings()).allMatch(RouteFinding::isLeftOut);
  }

  @Test
  void resolverInsideAPoolIsReachedByTheMesh() {
    pools("10.70.0.0/16");
    resolvers = addresses("10.70.1.5");
    apiServer = addresses("10.70.0.1");
    var planned = plan();
    assertThat(planned.routes()).containsExactly(unicast("10.70.0.0/16"));
    assertThat(planned.findings())
        .containsExactly(
            new RouteFinding(
                Cause.INSIDE_POOL,
                "The API server 10.70.0.1 has an address of pool 10.70.0.0/16: it is reached by the"
                    + " mesh."),
            new RouteFinding(
                Cause.INSIDE_POOL,
                "Resolver 10.70.1.5 has an address of pool 10.70.0.0/16: it is reached by the"
                    + " mesh."));
    assertThat(planned.findings()).noneMatch(RouteFinding::isProblem);
  }

  @Test
  void poolInsideAConnectedPrefixIsRoutedAsTheLongerOne() {
    pools("10.70.0.0/16");
    connect("10.0.0.0/8", "10.1.2.3");
    gateways = addresses("10.0.0.1");
    var planned = plan();
    assertThat(planned.routes()).containsExactly(unicast("10.70.0.0/16"));
    assertThat(planned.findings()).isEmpty();
  }

  @Test
  void poolThatTheNodeItselfUsesIsLeftOutAndSaysSo() {
    pools("10.70.0.0/16");
    connect("10.0.0.0/8", "10.70.2.3");
    var planned = plan();
    assertThat(planned.routes()).isEmpty();
    assertThat(planned.findings())
        .containsExactly(
            new RouteFinding(
                Cause.POOL_LEFT_OUT,
                "Pool 10.70.0.0/16 is not routed: this node has the address 10.70.2.3 of it on its"
                    + " network (interface eth0, 10.0.0.0/8). Create the network with a pool that"
                    + " the nodes' own networks do not use."));
  }

  @Test
  void poolWithTheDefaultGatewayIsLeftOut() {
    pools("10.70.0.0/16");
    connect("10.0.0.0/8", "10.1.2.3");
    gateways = addresses("10.70.0.1");
    var planned = plan();
    assertThat(planned.routes()).isEmpty();
    assertThat(planned.findings())
        .singleElement()
        .satisfies(finding -> {
          assertThat(finding.isProblem()).isTrue();
          assertThat(finding.message()).contains("has its default gateway 10.70.0.1 in it");
        });
  }

  @Test
  void poolThatIsTheConnectedPrefixIsLeftOut() {
    pools("10.70.0.0/16");
    connect("10.70.0.0/16", "10.70.2.3");
    assertThat(plan().routes()).containsExactly(thrown("10.70.0.0/16"));
    assertThat(plan().findings())
        .extracting(RouteFinding::cause)
        .containsExactly(Cause.POOL_LEFT_OUT);
  }

  @Test
  void connectedPrefixInsideAPoolIsThrownAndSaysSo() {
    pools("10.0.0.0/8");
    connect("10.0.0.0/24", "10.0.0.7");
    var planned = plan();
    assertThat(planned.routes())
        .containsExactlyInAnyOrder(unicast("10.0.0.0/8"), thrown("10.0.0.0/24"));
    assertThat(planned.findings())
        .containsExactly(
            new RouteFinding(
                Cause.POOL_CUT,
                "Pool 10.0.0.0/8 is not routed as a whole: 10.0.0.0/24 of it is directly connected"
                    + " at interface eth0. Create the network with a pool that the nodes' own"
                    + " networks do not use."));
  }

  @Test
  void plannedThrowRouteIsThrown() {
    wanted.add(
        new RoutePlan(
            IpPrefix.parse("10.70.9.0/24"), RoutePlan.Target.NEXT_RULE, RouteOrigin.POOL));
    assertThat(plan().routes()).containsExactly(thrown("10.70.9.0/24"));
  }

  @Test
  void familyWithoutKernelSupportHasNoRoutes() {
    pools("fd70::/64");
    apiServer = addresses("fd70::5");
    var table = new RouteTablePlan(5190, wanted);
    assertThat(planner.plan(table, _ -> false, surroundings()).routes()).isEmpty();
  }

  private void pools(String... prefixes) {
    for (var prefix : prefixes) {
      wanted.add(RoutePlan.toDevice(IpPrefix.parse(prefix), RouteOrigin.POOL));
    }
  }

  private void peerRoutes(String... prefixes) {
    for (var prefix : prefixes) {
      wanted.add(RoutePlan.toDevice(IpPrefix.parse(prefix), OFFICE));
    }
  }

  private void connect(String prefix, String address) {
    connected.add(new Connected(IpPrefix.parse(prefix), IpAddress.parse(address), "eth0"));
  }

  private RoutePlanner.Planned plan() {
    return planner.plan(new RouteTablePlan(5190, wanted), _ -> true, surroundings());
  }

  private Surroundings surroundings() {
    return new Surroundings(connected, gateways, apiServer, resolvers);
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

  private static Set<IpAddress> addresses(String... texts) {
    return Stream.of(texts).map(IpAddress::parse).collect(Collectors.toSet());
  }
}
