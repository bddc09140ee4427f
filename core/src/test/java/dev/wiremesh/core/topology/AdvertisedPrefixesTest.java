package dev.wiremesh.core.topology;

import static dev.wiremesh.core.topology.Meshes.gateway;
import static dev.wiremesh.core.topology.Meshes.key;
import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.node;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static dev.wiremesh.core.topology.Meshes.routes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NodeView;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The effect of {@code nodes.advertise} on the plan. */
class AdvertisedPrefixesTest {
  @Test
  void podsAreRoutedToTheirNode() {
    var plan = plan("node-a", view(true, List.of(gateway("node-a"), node("node-b"))));
    assertThat(plan.device().peers())
        .extracting(PeerPlan::name, PeerPlan::allowedIps)
        .containsExactly(
            tuple("default/laptop", prefixes("10.70.1.1/32")),
            tuple("node-b", prefixes("10.70.0.2/32", "10.244.2.0/24", "fd70::2/128")));
    assertThat(plan.routing())
        .isEqualTo(
            RoutingPlan.ofTable(
                new RouteTablePlan(
                    5190, routes("10.70.0.0/16", "10.244.2.0/24 of node-b", "fd70::/64")),
                519,
                true,
                new RoutingPlan.Masquerade(
                    prefixes("10.70.0.0/16", "fd70::/64"), prefixes("10.244.1.0/24"))));
  }

  @Test
  void plainNodeForwardsForItsPodsWithoutMasquerade() {
    var plan = plan("node-b", view(true, List.of(gateway("node-a"), node("node-b"))));
    assertThat(plan.routing())
        .isEqualTo(
            RoutingPlan.ofTable(
                new RouteTablePlan(
                    5190, routes("10.70.0.0/16", "10.244.1.0/24 of node-a", "fd70::/64")),
                519,
                true,
                null));
    assertThat(plan.device().peers().getFirst().allowedIps())
        .contains(IpPrefix.parse("10.244.1.0/24"), IpPrefix.parse("10.70.1.1/32"));
  }

  @Test
  void podsAreNotRoutedUnlessAdvertised() {
    var plan = plan("node-b", view(false, List.of(gateway("node-a"), node("node-b"))));
    assertThat(plan.routing().routes()).isEqualTo(routes("10.70.0.0/16", "fd70::/64"));
    assertThat(plan.routing().forwarding()).isFalse();
    assertThat(plan.device().peers().getFirst().allowedIps())
        .doesNotContain(IpPrefix.parse("10.244.1.0/24"));
  }

  @Test
  void olderNodeKeepsAPodPrefixThatTwoNodesClaim() {
    var twin = withPods(node("node-c"), "10.244.2.0/24", "10.244.3.0/24");
    var plan = plan("node-a", view(true, List.of(gateway("node-a"), node("node-b"), twin)));
    assertThat(allowedIps(plan, "node-b")).contains(IpPrefix.parse("10.244.2.0/24"));
    assertThat(allowedIps(plan, "node-c"))
        .contains(IpPrefix.parse("10.244.3.0/24"))
        .doesNotContain(IpPrefix.parse("10.244.2.0/24"));
  }

  @Test
  void podPrefixThatOverlapsAPoolIsIgnored() {
    var greedy = withPods(node("node-b"), "10.70.0.0/16", "10.0.0.0/8", "0.0.0.0/0");
    var plan = plan("node-a", view(true, List.of(gateway("node-a"), greedy)));
    assertThat(allowedIps(plan, "node-b")).isEqualTo(prefixes("10.70.0.2/32", "fd70::2/128"));
    assertThat(plan.routing().routes()).isEqualTo(routes("10.70.0.0/16", "fd70::/64"));
  }

  private static List<IpPrefix> allowedIps(NodePlan plan, String node) {
    return plan.device().peers().stream()
        .filter(peer -> peer.publicKey().equals(key(node)))
        .findFirst()
        .orElseThrow()
        .allowedIps();
  }

  private static NodePlan plan(String node, MeshView view) {
    return Meshes.planFor(node, view).orElseThrow();
  }

  private static MeshView view(boolean podsThroughMesh, List<NodeView> nodes) {
    var network =
        network().toBuilder()
            .podsThroughMesh(podsThroughMesh)
            .advertised(podsThroughMesh ? prefixes("10.244.0.0/16") : List.of())
            .build();
    return new MeshView(network, nodes, List.of(peer("laptop", 1, "10.70.1.1").build()));
  }

  private static NodeView withPods(NodeView node, String... cidrs) {
    return node.toBuilder().podCidrs(prefixes(cidrs)).build();
  }
}
