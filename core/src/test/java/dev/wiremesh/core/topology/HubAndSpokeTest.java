package dev.wiremesh.core.topology;

import static dev.wiremesh.core.topology.Meshes.KEEPALIVE;
import static dev.wiremesh.core.topology.Meshes.addresses;
import static dev.wiremesh.core.topology.Meshes.gateway;
import static dev.wiremesh.core.topology.Meshes.key;
import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.node;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.path.NodePath;
import dev.wiremesh.core.path.NodePaths;
import dev.wiremesh.core.path.PathSummary;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The peers of nodes whose gateways are hubs. */
class HubAndSpokeTest {
  private static final NetworkView HUBS =
      network().toBuilder().hubs(true).podsThroughMesh(true).build();

  private static final List<PeerView> PEERS =
      List.of(peer("office", 1, "10.70.1.1").routes(prefixes("192.168.4.0/24")).build());

  @Test
  void spokeReachesEverythingByWayOfTheOnlyGateway() {
    var view = new MeshView(HUBS, nodes(1, 2), PEERS);

    assertThat(peersOf("node-b", view))
        .containsExactly(
            nodePeer("node-a", "172.31.0.1", "10.70.0.1", "fd70::1")
                .allowedIps(
                    prefixes(
                        "10.70.0.1/32",
                        "10.70.0.3/32",
                        "10.70.1.1/32",
                        "10.244.1.0/24",
                        "10.244.3.0/24",
                        "192.168.4.0/24",
                        "fd70::1/128",
                        "fd70::3/128"))
                .build());
    assertThat(Meshes.planFor("node-b", view).orElseThrow().routing().routes())
        .isEqualTo(
            Meshes.routes(
                "10.70.0.0/16",
                "10.244.1.0/24 of node-a",
                "10.244.3.0/24 of node-c",
                "192.168.4.0/24 of default/office",
                "fd70::/64"));
  }

  @Test
  void gatewayHasSessionsWithAllNodes() {
    var view = new MeshView(HUBS, nodes(1, 2), PEERS);

    assertThat(peersOf("node-a", view))
        .containsExactly(
            PeerPlan.outside(new PeerName("default", "office"), key("office"))
                .addresses(addresses("10.70.1.1"))
                .presharedKey(true)
                .allowedIps(prefixes("10.70.1.1/32", "192.168.4.0/24"))
                .build(),
            nodePeer("node-b", "172.31.0.2", "10.70.0.2", "fd70::2")
                .allowedIps(prefixes("10.70.0.2/32", "10.244.2.0/24", "fd70::2/128"))
                .build(),
            nodePeer("node-c", "172.31.0.3", "10.70.0.3", "fd70::3")
                .allowedIps(prefixes("10.70.0.3/32", "10.244.3.0/24", "fd70::3/128"))
                .build());
    assertThat(Meshes.planFor("node-a", view).orElseThrow().routing().forwarding()).isTrue();
  }

  @Test
  void otherGatewaysAreAlternatesOfTheOneThatRelays() {
    var nodes = nodes(2, 2);
    var view = hubs(nodes);

    var home = relays("node-c", "node-d", nodes).getFirst();
    var other = home.equals("node-a") ? "node-b" : "node-a";
    assertThat(relays("node-c", "node-d", nodes)).containsExactly(home, other);
    for (var peer : peersOf("node-c", view)) {
      boolean isHome = peer.name().equals(home);
      var behind = prefixes("10.70.0.4/32", "fd70::4/128");
      assertThat(peer.allowedIps().containsAll(behind)).isEqualTo(isHome);
      assertThat(peer.prefixes().alternateIps()).isEqualTo(isHome ? List.of() : behind);
    }
  }

  @Test
  void bothEndsChooseTheSameGateways() {
    var nodes = nodes(4, 2);
    assertThat(relays("node-e", "node-f", nodes))
        .hasSize(3)
        .isEqualTo(relays("node-f", "node-e", nodes));
  }

  @Test
  void gatewayWhoseAgentIsSilentIsTheLastChoice() {
    var nodes = nodes(3, 2);
    var before = relays("node-d", "node-e", nodes);
    var silent = silenced(nodes, Set.of(before.getFirst()));
    assertThat(relays("node-d", "node-e", silent))
        .containsExactly(before.get(1), before.get(2), before.getFirst());
  }

  @Test
  void liveGatewayIsAddedWhereAllChosenOnesAreSilent() {
    var nodes = nodes(4, 2);
    var before = relays("node-e", "node-f", nodes);
    var after = relays("node-e", "node-f", silenced(nodes, Set.copyOf(before)));
    assertThat(after).hasSize(4).endsWith(before.toArray(String[]::new));
    assertThat(before).doesNotContain(after.getFirst());
  }

  @Test
  void gatewayThatDoesNotAnswerIsLeftOutUnlessNoneAnswers() {
    var nodes = nodes(2, 2);
    var view = hubs(nodes);
    var before = relays("node-c", "node-d", nodes);
    var one = Set.of(before.getFirst());
    assertThat(relays("node-c", "node-d", view.withoutRelays(one).nodes()))
        .containsExactly(before.getLast());
    assertThat(peersOf("node-c", view.withoutRelays(one))).hasSize(2);
    assertThat(relays("node-c", "node-d", view.withoutRelays(Set.copyOf(before)).nodes()))
        .isEqualTo(before);
  }

  @Test
  void pairsAreSpreadOverTheGateways() {
    var nodes = nodes(2, 24);
    int first = 0;
    for (char letter = 'd'; letter <= 'z'; letter++) {
      if (relays("node-c", "node-" + letter, nodes).getFirst().equals("node-a")) {
        first++;
      }
    }
    assertThat(first).isBetween(5, 18);
  }

  @Test
  void spokesWithoutAGatewayHaveNoPath() {
    var nodes = nodes(0, 2);
    var view = hubs(nodes);
    assertThat(peersOf("node-a", view)).isEmpty();
    assertThat(PathSummary.of(nodes.getFirst(), nodes, true))
        .isEqualTo(
            new PathSummary(
                PathSummary.Kind.NO_PATH,
                "There is no path to node node-b (the topology is HubAndSpoke), and no gateway has"
                    + " sessions with both ends: let spec.gateways.selector match a node that both"
                    + " reach, or write an endpoint that is reached from everywhere in"
                    + " spec.nodes.overrides of the network."));
  }

  private static MeshView hubs(List<NodeView> nodes) {
    return new MeshView(network().toBuilder().hubs(true).build(), nodes, List.of());
  }

  /** Gateways, then nodes that are none, under the names node-a, node-b and so on. */
  private static List<NodeView> nodes(int gateways, int spokes) {
    return IntStream.range(0, gateways + spokes)
        .mapToObj(index -> {
          var name = "node-" + (char) ('a' + index);
          return index < gateways ? gateway(name) : node(name);
        })
        .toList();
  }

  private static List<NodeView> silenced(List<NodeView> nodes, Set<String> names) {
    return nodes.stream()
        .map(node ->
            names.contains(node.name())
                ? node.toBuilder().relaying(NodeView.Relaying.LAST_CHOICE).build()
                : node)
        .toList();
  }

  private static List<String> relays(String from, String to, List<NodeView> nodes) {
    var self = nodes.stream().filter(node -> node.name().equals(from)).findFirst().orElseThrow();
    return NodePaths.of(self, nodes, true).to(to).orElseThrow()
            instanceof NodePath.Relayed(var gateways, boolean byTopology)
        ? gateways
        : List.of();
  }

  private static List<PeerPlan> peersOf(String node, MeshView view) {
    return Meshes.planFor(node, view).orElseThrow().device().peers();
  }

  private static PeerPlan.Builder nodePeer(String name, String endpoint, String... addresses) {
    return PeerPlan.node(name, key(name))
        .addresses(addresses(addresses))
        .presharedKey(true)
        .endpoint(new ConfiguredEndpoint(endpoint, 51900))
        .persistentKeepalive(KEEPALIVE);
  }
}
