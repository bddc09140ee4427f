package dev.wiremesh.core.path;

import static dev.wiremesh.core.topology.Meshes.endpoints;
import static dev.wiremesh.core.topology.Meshes.internal;
import static dev.wiremesh.core.topology.Meshes.node;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.view.NodeEndpoint;
import dev.wiremesh.core.view.NodeEndpoint.Scope;
import dev.wiremesh.core.view.NodeView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The path from one node to another by sites, address families and overrides. */
class SitesTest {
  private static final String DIALLED = "dialled by the other node";

  @Test
  void nodesDialTheInternalAddressWithinASiteAndTheExternalOneBetweenSites() {
    assertThat(
            paths(
                at("home", "node-a", internal("10.0.0.1"), external("198.51.100.1")),
                at("home", "node-b", internal("10.0.0.2"), external("198.51.100.2")),
                at("office", "node-c", internal("10.0.0.1"), external("198.51.100.3"))))
        .isEqualTo(
            Map.of(
                "a-b", "10.0.0.2:51900",
                "a-c", "198.51.100.3:51900",
                "b-a", "10.0.0.1:51900",
                "b-c", "198.51.100.3:51900",
                "c-a", "198.51.100.1:51900",
                "c-b", "198.51.100.2:51900"));
  }

  @Test
  void nodeWithoutExternalAddressDialsTheOtherSite() {
    assertThat(
            paths(
                at("home", "node-a", internal("10.0.0.1")),
                at("office", "node-b", internal("10.0.0.2"), external("198.51.100.2"))))
        .isEqualTo(Map.of("a-b", "198.51.100.2:51900", "b-a", DIALLED));
  }

  @Test
  void gatewayRelaysBetweenSitesWithoutExternalAddresses() {
    var hub = at("cloud", "node-h", internal("10.9.0.1"), external("198.51.100.9"));
    assertThat(
            paths(
                hub.toBuilder().gateway(true).build(),
                at("home", "node-a", internal("10.0.0.1")),
                at("home", "node-b", internal("10.0.0.2")),
                at("office", "node-c", internal("10.0.0.1"))))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("a-b", "10.0.0.2:51900"),
                Map.entry("a-c", "by [node-h]"),
                Map.entry("a-h", "198.51.100.9:51900"),
                Map.entry("b-a", "10.0.0.1:51900"),
                Map.entry("b-c", "by [node-h]"),
                Map.entry("b-h", "198.51.100.9:51900"),
                Map.entry("c-a", "by [node-h]"),
                Map.entry("c-b", "by [node-h]"),
                Map.entry("c-h", "198.51.100.9:51900"),
                Map.entry("h-a", DIALLED),
                Map.entry("h-b", DIALLED),
                Map.entry("h-c", DIALLED)));
  }

  @Test
  void nodesWithoutSiteAreOneSite() {
    assertThat(
            paths(
                at("", "node-a", internal("10.0.0.1")),
                at("", "node-b", internal("10.0.0.2")),
                at("office", "node-c", internal("10.0.0.3"))))
        .isEqualTo(
            Map.of(
                "a-b", "10.0.0.2:51900",
                "a-c", "none",
                "b-a", "10.0.0.1:51900",
                "b-c", "none",
                "c-a", "none",
                "c-b", "none"));
  }

  @Test
  void endpointOfTheSpecIsDialledFromEverywhereButTheNodesOwnNamedSite() {
    var forwarded = endpoints(Scope.OVERRIDE, "home.example.org");
    assertThat(
            paths(
                at("home", "node-a", forwarded, internal("10.0.0.1")),
                at("home", "node-b", internal("10.0.0.2")),
                at("office", "node-c", internal("10.0.0.3"))))
        .isEqualTo(
            Map.of(
                "a-b", "10.0.0.2:51900",
                "a-c", DIALLED,
                "b-a", "10.0.0.1:51900",
                "b-c", "none",
                "c-a", "home.example.org:51900",
                "c-b", "none"));
    assertThat(
            paths(
                at("", "node-a", forwarded, internal("10.0.0.1")),
                at("", "node-b", internal("10.0.0.2"))))
        .isEqualTo(Map.of("a-b", "10.0.0.2:51900", "b-a", "home.example.org:51900"));
  }

  @Test
  void nodesDialAnAddressOfAFamilyThatBothHave() {
    var gateway =
        at("", "node-d", internal("10.0.0.4", "fd00::4")).toBuilder().gateway(true).build();
    assertThat(
            paths(
                at("", "node-a", internal("10.0.0.1", "fd00::1")),
                at("", "node-b", internal("fd00::2")),
                at("", "node-c", internal("10.0.0.3")),
                gateway))
        .isEqualTo(
            Map.ofEntries(
                Map.entry("a-b", "[fd00::2]:51900"),
                Map.entry("a-c", "10.0.0.3:51900"),
                Map.entry("a-d", "10.0.0.4:51900"),
                Map.entry("b-a", "[fd00::1]:51900"),
                Map.entry("b-c", "by [node-d]"),
                Map.entry("b-d", "[fd00::4]:51900"),
                Map.entry("c-a", "10.0.0.1:51900"),
                Map.entry("c-b", "by [node-d]"),
                Map.entry("c-d", "10.0.0.4:51900"),
                Map.entry("d-a", "10.0.0.1:51900"),
                Map.entry("d-b", "[fd00::2]:51900"),
                Map.entry("d-c", "10.0.0.3:51900")));
  }

  @Test
  void ipv6OnlyNodesDialEachOtherWithinAndBetweenSites() {
    assertThat(
            paths(
                at("home", "node-a", internal("fd00::1"), external("2001:db8::1")),
                at("home", "node-b", internal("fd00::2")),
                at("office", "node-c", internal("fd00::3"))))
        .isEqualTo(
            Map.of(
                "a-b", "[fd00::2]:51900",
                "a-c", DIALLED,
                "b-a", "[fd00::1]:51900",
                "b-c", "none",
                "c-a", "[2001:db8::1]:51900",
                "c-b", "none"));
  }

  @Test
  void familyOfTheExternalAddressMatters() {
    assertThat(
            paths(
                at("home", "node-a", internal("10.0.0.1"), external("2001:db8::1")),
                at("office", "node-b", internal("10.0.0.2"))))
        .isEqualTo(Map.of("a-b", "none", "b-a", "none"));
  }

  @Test
  void summaryNamesTheRelayedNodesAndTheirSites() {
    var nodes =
        List.of(
            at("home", "node-a", internal("10.0.0.1")),
            at("office", "node-b", internal("10.0.0.2")),
            at("cloud", "node-c", internal("10.9.0.1"), external("198.51.100.9")).toBuilder()
                .gateway(true)
                .build());
    assertThat(PathSummary.of(nodes.getFirst(), nodes, false))
        .isEqualTo(
            new PathSummary(
                PathSummary.Kind.RELAYED,
                "Gateways relay to node node-b (in site office, this node in site home, and neither"
                    + " has an ExternalIP that the other one can dial)."));
    assertThat(PathSummary.of(nodes.getLast(), nodes, true).kind())
        .isEqualTo(PathSummary.Kind.DIRECT);
    assertThat(PathSummary.of(nodes.getFirst(), nodes, true))
        .isEqualTo(
            new PathSummary(
                PathSummary.Kind.RELAYED,
                "Gateways relay to the nodes that are no gateways: the topology is HubAndSpoke."));
  }

  @SafeVarargs
  private static NodeView at(String site, String name, List<NodeEndpoint>... endpoints) {
    var all = new ArrayList<NodeEndpoint>();
    List.of(endpoints).forEach(all::addAll);
    return node(name).toBuilder().site(site).endpoints(all).build();
  }

  private static List<NodeEndpoint> external(String... addresses) {
    return endpoints(Scope.ANYWHERE, addresses);
  }

  /** The path of each pair, such as a-b. */
  private static Map<String, String> paths(NodeView... nodes) {
    var members = List.of(nodes);
    var paths = new TreeMap<String, String>();
    for (var from : nodes) {
      var ofNode = NodePaths.of(from, members, false);
      for (var to : nodes) {
        ofNode
            .to(to.name())
            .ifPresent(path ->
                paths.put((from.name() + "-" + to.name()).replace("node-", ""), text(path)));
      }
    }
    return paths;
  }

  private static String text(NodePath path) {
    return switch (path) {
      case NodePath.Direct(var endpoint) -> endpoint == null ? DIALLED : endpoint.toString();
      case NodePath.Relayed(var gateways, boolean byTopology) -> "by " + gateways;
      case NodePath.None none -> "none";
    };
  }
}
