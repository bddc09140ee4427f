package dev.wiremesh.core.route;

import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.membership.Finding;
import dev.wiremesh.core.membership.Membership;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.RouteAdmission.Candidates;
import dev.wiremesh.core.topology.Meshes;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NetworkView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteAdmissionTest {
  private static final PeerName OFFICE = new PeerName("office", "router");
  private static final PeerName TENANT = new PeerName("tenant", "peer");

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.168.0.0/16   | 192.168.0.0/17   | 192.168.0.0/16",
        "192.168.0.0/16   | 192.168.128.0/17 | 192.168.0.0/16",
        "192.168.0.0/16   | 192.168.7.7/32   | 192.168.0.0/16",
        "192.168.200.0/24 | 192.168.0.0/16   | 192.168.200.0/24",
        "192.168.200.7/32 | 192.168.0.0/16   | 192.168.200.7/32",
        "fd12:1::/48      | fd12:1::7/128    | fd12:1::/48",
        "fd12:1::/48      | fd12::/16        | fd12:1::/48",
      })
  void olderPeerOfAnotherNamespaceKeepsItsWholeRange(String older, String younger, String held) {
    var members = members(office(older), tenant(younger));

    assertThat(members.routesOf(OFFICE))
        .containsExactly(RouteDecision.accepted(IpPrefix.parse(older)));
    assertThat(members.routesOf(TENANT))
        .containsExactly(
            new RouteDecision(
                IpPrefix.parse(younger),
                State.CONFLICT,
                "Peer tenant/peer cannot bring "
                    + younger
                    + ": it overlaps "
                    + held
                    + ", which the older peer office/router brings. Choose a block outside of"
                    + " it, as cidr or as translateTo."));
  }

  @Test
  void twoHalvesOfAnOlderRangeAreBothConflicts() {
    var members = members(office("192.168.0.0/16"), tenant("192.168.0.0/17", "192.168.128.0/17"));
    assertThat(members.routesOf(TENANT))
        .extracting(RouteDecision::state)
        .containsExactly(State.CONFLICT, State.CONFLICT);
    assertThat(members.findings())
        .extracting(Finding::cause)
        .containsOnly(Finding.Cause.ROUTE_CONFLICT);
  }

  @Test
  void peersOfOneNamespaceMayNestRoutes() {
    var members =
        members(
            office("10.201.0.0/16"),
            peer("office", "floor", 5, "10.70.1.3").routes(prefixes("10.201.7.0/24")),
            peer("office", "campus", 6, "10.70.1.4").routes(prefixes("10.200.0.0/15")));
    assertThat(members.findings()).isEmpty();
  }

  @Test
  void conflictingRouteHoldsNothingItself() {
    var members =
        members(
            office("192.168.200.0/24"),
            tenant("192.168.0.0/16"),
            peer("third", "peer", 9, "10.70.1.3").routes(prefixes("192.168.7.0/24")));
    assertThat(members.routesOf(new PeerName("third", "peer")))
        .containsExactly(RouteDecision.accepted(IpPrefix.parse("192.168.7.0/24")));
  }

  @Test
  void suspendedPeerReleasesItsRange() {
    var members = members(office("192.168.0.0/16").suspended(true), tenant("192.168.7.0/24"));
    assertThat(members.routesOf(TENANT))
        .containsExactly(RouteDecision.accepted(IpPrefix.parse("192.168.7.0/24")));
  }

  @ParameterizedTest
  @CsvSource({
    "192.168.0.0/16,192.168.7.0/24",
    "192.168.7.0/24,192.168.0.0/16",
    "10.9.0.0/16,10.9.0.0/16"
  })
  void twoNetworksNeverRouteOneRangeEvenForOneNamespace(String older, String younger) {
    var first = view("first", peer("office", "router", 1, "10.70.1.1").routes(prefixes(older)));
    var second = view("second", peer("office", "other", 2, "10.70.1.2").routes(prefixes(younger)));
    for (var order : List.of(List.of(first, second), List.of(second, first))) {
      var members = decide(order);
      assertThat(of(members, "first").routesOf(OFFICE))
          .containsExactly(RouteDecision.accepted(IpPrefix.parse(older)));
      assertThat(of(members, "second").routesOf(new PeerName("office", "other")))
          .singleElement()
          .satisfies(decision -> {
            assertThat(decision.state()).isEqualTo(State.CONFLICT);
            assertThat(decision.message()).contains("older peer office/router of network first ");
          });
    }
  }

  @Test
  void olderPeerWinsWhicheverNetworkItIsIn() {
    var members =
        decide(
            List.of(
                view("a", peer("x", "young", 9, "10.70.1.1").routes(prefixes("192.168.7.0/24"))),
                view("b", peer("y", "old", 1, "10.70.1.2").routes(prefixes("192.168.0.0/16")))));
    assertThat(of(members, "b").findings()).isEmpty();
    assertThat(of(members, "a").findings())
        .extracting(Finding::cause)
        .containsExactly(Finding.Cause.ROUTE_CONFLICT);
  }

  private static PeerView.Builder office(String... routes) {
    return peer("office", "router", 1, "10.70.1.1").routes(prefixes(routes));
  }

  private static PeerView.Builder tenant(String... routes) {
    return peer("tenant", "peer", 2, "10.70.1.2").routes(prefixes(routes));
  }

  private static MeshMembers members(PeerView.Builder... peers) {
    return Meshes.members(view("home", peers));
  }

  private static MeshView view(String name, PeerView.Builder... peers) {
    var home = network();
    var network =
        NetworkView.builder(name, home.device())
            .pools(home.pools())
            .gatewayPublicKey(home.gateways().publicKey())
            .build();
    return new MeshView(
        network,
        List.of(Meshes.gateway("node-a")),
        Stream.of(peers).map(PeerView.Builder::build).toList());
  }

  private static Map<String, MeshMembers> decide(List<MeshView> views) {
    return RouteAdmission.decide(
        views.stream()
            .map(view -> new Candidates(Membership.of(view), Meshes.rules(view)))
            .toList());
  }

  private static MeshMembers of(Map<String, MeshMembers> members, String network) {
    return Objects.requireNonNull(members.get(network));
  }
}
