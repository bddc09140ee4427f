package dev.wiremesh.core.route;

import static dev.wiremesh.core.topology.Meshes.gateway;
import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.node;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** An agent's decisions, given the operator's. */
class PublishedRoutesTest {
  private static final PeerName OFFICE = new PeerName("default", "office");

  @Test
  void acceptedRouteIsProgrammed() {
    var view = view(office(decision("192.168.7.0/24", State.ACCEPTED)));
    assertThat(members(view).routesOf(OFFICE))
        .containsExactly(RouteDecision.accepted(IpPrefix.parse("192.168.7.0/24")));
  }

  @Test
  void routeThatTheOperatorHasNotJudgedWaits() {
    assertThat(members(view(office())).routesOf(OFFICE))
        .containsExactly(
            new RouteDecision(
                IpPrefix.parse("192.168.7.0/24"),
                State.STANDBY,
                "The operator has not judged 192.168.7.0/24 yet: wait for it."));
  }

  @Test
  void refusalsOfTheOperatorAreTakenAsTheyAre() {
    for (var state : List.of(State.REJECTED, State.CONFLICT, State.STANDBY)) {
      var published = decision("192.168.7.0/24", state);
      assertThat(members(view(office(published))).routesOf(OFFICE)).containsExactly(published);
    }
  }

  @Test
  void decisionOnARouteThatIsNoLongerRequestedCountsForNothing() {
    var view = view(office(decision("192.168.0.0/16", State.ACCEPTED)));
    assertThat(members(view).routesOf(OFFICE))
        .extracting(RouteDecision::state)
        .containsExactly(State.STANDBY);
  }

  @Test
  void nodeThatJoinsInsideAnAcceptedRouteCountsWithoutTheOperator() {
    var peer =
        peer("office", 1, "10.70.1.1")
            .routes(prefixes("172.31.0.0/24"))
            .publishedRoutes(List.of(decision("172.31.0.0/24", State.ACCEPTED)));
    assertThat(members(view(peer)).routesOf(OFFICE))
        .singleElement()
        .satisfies(decision -> {
          assertThat(decision.state()).isEqualTo(State.REJECTED);
          assertThat(decision.message()).contains("the address of node");
        });
  }

  /** The operator's status of both may be of different moments. */
  @Test
  void olderPeerKeepsItsRangeAlsoIfBothAreAccepted() {
    var thief =
        peer("tenant", "thief", 2, "10.70.1.2")
            .routes(prefixes("192.168.7.7/32"))
            .publishedRoutes(List.of(decision("192.168.7.7/32", State.ACCEPTED)));
    var members = members(view(office(decision("192.168.7.0/24", State.ACCEPTED)), thief));
    assertThat(members.routesOf(OFFICE))
        .extracting(RouteDecision::state)
        .containsExactly(State.ACCEPTED);
    assertThat(members.routesOf(thief.build().name()))
        .extracting(RouteDecision::state)
        .containsExactly(State.CONFLICT);
  }

  private static PeerView.Builder office(RouteDecision... published) {
    return peer("office", 1, "10.70.1.1")
        .routes(prefixes("192.168.7.0/24"))
        .publishedRoutes(List.of(published));
  }

  private static RouteDecision decision(String cidr, State state) {
    return new RouteDecision(
        IpPrefix.parse(cidr), state, state == State.ACCEPTED ? "" : "The operator said so.");
  }

  private static MeshView view(PeerView.Builder... peers) {
    return new MeshView(
        network(),
        List.of(gateway("node-a"), node("node-b")),
        Stream.of(peers).map(PeerView.Builder::build).toList());
  }

  private static MeshMembers members(MeshView view) {
    return Topology.members(view, PublishedRoutes.of(view));
  }
}
