package dev.wiremesh.core.membership;

import static dev.wiremesh.core.topology.Meshes.gateway;
import static dev.wiremesh.core.topology.Meshes.key;
import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.node;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.membership.Finding.Cause;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.topology.Meshes;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.NodeView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MembershipRulesTest {
  private static final List<NodeView> NODES = List.of(gateway("node-a"), node("node-b"));

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "192.168.200.0/24 | ACCEPTED |",
        "192.168.0.0/16   | ACCEPTED |",
        "fd12:3456::/48   | ACCEPTED |",
        "10.201.0.7/32    | ACCEPTED |",
        "0.0.0.0/0        | REJECTED | Peer default/office cannot bring 0.0.0.0/0: it is a default"
            + " route. List the networks behind the peer instead.",
        "::/0             | REJECTED | Peer default/office cannot bring ::/0: it is a default"
            + " route. List the networks behind the peer instead.",
        "10.70.5.0/24     | REJECTED | Peer default/office cannot bring 10.70.5.0/24: it overlaps 10.70.0.0/16, an address pool of"
            + " network home. Choose a block outside of it, as cidr or as translateTo.",
        "10.0.0.0/8       | REJECTED | Peer default/office cannot bring 10.0.0.0/8: it overlaps 10.70.0.0/16, an address pool of"
            + " network home. Choose a block outside of it, as cidr or as translateTo.",
        "10.96.0.10/32    | REJECTED | Peer default/office cannot bring 10.96.0.10/32: it overlaps 10.96.0.0/12, the cluster's pods or"
            + " Services. Choose a block outside of it, as cidr or as translateTo.",
        "10.244.1.0/25    | REJECTED | Peer default/office cannot bring 10.244.1.0/25: it overlaps 10.244.0.0/16, the cluster's pods or"
            + " Services. Choose a block outside of it, as cidr or as translateTo.",
        "172.31.0.0/24    | REJECTED | Peer default/office cannot bring 172.31.0.0/24: it overlaps 172.31.0.1/32, the address of node"
            + " node-a. Choose a block outside of it, as cidr or as translateTo.",
        "172.0.0.0/8      | REJECTED | Peer default/office cannot bring 172.0.0.0/8: it overlaps 172.31.0.1/32, the address of node"
            + " node-a. Choose a block outside of it, as cidr or as translateTo."
      })
  void routeIsAcceptedOnlyInsideTheAllowedRangesAndOutsideProtectedPrefixes(
      String cidr, State state, String message) {
    var members = members(peer("office", 1, "10.70.1.1").routes(prefixes(cidr)));
    assertThat(members.routesOf(new PeerName("default", "office")))
        .containsExactly(
            new RouteDecision(IpPrefix.parse(cidr), state, message == null ? "" : message));
  }

  @Test
  void olderPeerKeepsTheRouteAndTheYoungerOnesMessageNamesIt() {
    var younger = peer("a-younger", 9, "10.70.1.2").routes(prefixes("192.168.200.0/24"));
    var older = peer("older", 1, "10.70.1.1").routes(prefixes("192.168.200.0/24"));
    for (var members : List.of(members(younger, older), members(older, younger))) {
      assertThat(members.routesOf(older.build().name()))
          .extracting(RouteDecision::state)
          .containsExactly(State.ACCEPTED);
      assertThat(members.routesOf(younger.build().name()))
          .containsExactly(
              new RouteDecision(
                  IpPrefix.parse("192.168.200.0/24"),
                  State.CONFLICT,
                  "Peer default/a-younger cannot bring 192.168.200.0/24: the older peer default/older"
                      + " already brings 192.168.200.0/24. If both lead to"
                      + " the same LAN, give both routes one name as group. For another LAN with"
                      + " this prefix, write a free block as translateTo."));
      assertThat(members.peers()).hasSize(2);
      assertThat(members.findings())
          .extracting(Finding::cause)
          .containsExactly(Cause.ROUTE_CONFLICT);
    }
  }

  @Test
  void peersCreatedInTheSameSecondAreOrderedByUid() {
    var one = peer("a", 1, "10.70.1.1").routes(prefixes("192.168.1.0/24"));
    var other = peer("b", 1, "10.70.1.2").routes(prefixes("192.168.1.0/24"));
    assertThat(members(other, one).routesOf(one.build().name()))
        .extracting(RouteDecision::state)
        .containsExactly(State.ACCEPTED);
  }

  @Test
  void moreSpecificRouteOfAnotherPeerOfTheNamespaceIsNoConflict() {
    var members =
        members(
            peer("region", 1, "10.70.1.1").routes(prefixes("192.168.0.0/16")),
            peer("site", 2, "10.70.1.2").routes(prefixes("192.168.7.0/24")));
    assertThat(members.findings()).isEmpty();
  }

  @Test
  void suspendedPeerReleasesItsRoutesAndKeepsItsKeyAndAddress() {
    var suspended = peer("lost", 1, "10.70.1.1").routes(prefixes("192.168.1.0/24")).suspended(true);
    var heir = peer("heir", 2, "10.70.1.2").routes(prefixes("192.168.1.0/24"));
    var impostor = peer("impostor", 3, "10.70.1.3").publicKey(key("lost"));
    var squatter = peer("squatter", 4, "10.70.1.1");
    var members = members(suspended, heir, impostor, squatter);

    assertThat(members.peers()).containsExactly(heir.build());
    assertThat(members.routesOf(suspended.build().name()))
        .extracting(RouteDecision::state)
        .containsExactly(State.STANDBY);
    assertThat(members.routesOf(heir.build().name()))
        .extracting(RouteDecision::state)
        .containsExactly(State.ACCEPTED);
    assertThat(members.findings())
        .extracting(Finding::message)
        .containsExactly(
            "The public key "
                + key("lost")
                + " already belongs to peer default/lost: create another one.",
            "Peer default/lost is suspended.",
            "The address 10.70.1.1 already belongs to peer default/lost.");
  }

  @Test
  void peerWithoutHomeGatewayKeepsItsRoutes() {
    var waiting = peer("new", 1, "10.70.1.1").routes(prefixes("192.168.1.0/24")).homeGateway(null);
    var second = peer("second", 2, "10.70.1.2").routes(prefixes("192.168.1.0/24"));
    var members = members(waiting, second);

    assertThat(members.routesOf(waiting.build().name()))
        .containsExactly(
            new RouteDecision(
                IpPrefix.parse("192.168.1.0/24"),
                State.STANDBY,
                "Peer default/new has no home gateway yet."));
    assertThat(members.routesOf(second.build().name()))
        .extracting(RouteDecision::state)
        .containsExactly(State.CONFLICT);
  }

  @Test
  void missingKeyAddressOrGatewayIsTheReason() {
    assertThat(causes(peer("p", 1, "10.70.1.1").publicKey(null)))
        .containsExactly(Cause.KEY_NOT_READY);
    assertThat(causes(peer("p", 1, "10.70.1.1").addresses(List.of())))
        .containsExactly(Cause.NO_ADDRESS);
    assertThat(causes(peer("p", 1, "10.70.1.1").homeGateway(null)))
        .containsExactly(Cause.NO_GATEWAY);
    assertThat(causes(peer("p", 1, "10.70.1.1").homeGateway("node-b")))
        .containsExactly(Cause.NO_GATEWAY);
    assertThat(causes(peer("p", 1, "10.70.1.1").homeGateway("gone")))
        .containsExactly(Cause.NO_GATEWAY);
  }

  @Test
  void nodeKeepsItsKeyAndAddressAgainstAnOlderPeer() {
    var old = peer("old", -1000, "10.70.1.1").publicKey(key("node-b"));
    var squatter = peer("squatter", -1000, "10.70.0.2");
    var members = members(old, squatter);
    assertThat(members.nodes()).hasSize(2);
    assertThat(members.peers()).isEmpty();
    assertThat(members.findings())
        .extracting(Finding::cause)
        .containsExactly(Cause.DUPLICATE_PUBLIC_KEY, Cause.DUPLICATE_ADDRESS);
  }

  @Test
  void duplicateRouteHasOneDecision() {
    var members =
        members(
            peer("office", 1, "10.70.1.1").routes(prefixes("192.168.1.0/24", "192.168.1.0/24")));
    assertThat(members.routesOf(new PeerName("default", "office")))
        .containsExactly(RouteDecision.accepted(IpPrefix.parse("192.168.1.0/24")));
  }

  private static List<Cause> causes(PeerView.Builder peer) {
    return members(peer).findings().stream().map(Finding::cause).toList();
  }

  private static MeshMembers members(PeerView.Builder... peers) {
    return Meshes.members(
        new MeshView(network(), NODES, Stream.of(peers).map(PeerView.Builder::build).toList()));
  }
}
