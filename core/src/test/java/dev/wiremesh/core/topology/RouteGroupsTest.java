package dev.wiremesh.core.topology;

import static dev.wiremesh.core.topology.Meshes.network;
import static dev.wiremesh.core.topology.Meshes.peer;
import static dev.wiremesh.core.topology.Meshes.prefixes;
import static org.assertj.core.api.Assertions.assertThat;

import dev.wiremesh.core.group.GroupSelection;
import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.route.PublishedRoutes;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.PeerView.GroupEntry;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RouteGroupsTest {
  private static final IpPrefix LAN = IpPrefix.parse("192.168.200.0/24");
  private static final PeerName OLD = new PeerName("office", "old");
  private static final PeerName YOUNG = new PeerName("office", "young");

  @Test
  void oldestMemberIsActiveAndTheOthersStandBy() {
    var members = members(member("old", 1, "site"), member("young", 2, "site"));
    assertThat(members.routesOf(OLD)).containsExactly(RouteDecision.accepted(LAN));
    assertThat(members.routesOf(YOUNG))
        .containsExactly(
            new RouteDecision(
                LAN, State.STANDBY, "office/old carries 192.168.200.0/24 for group site now."));
  }

  @Test
  void memberThatItsGatewayReportsAsActiveIsAccepted() {
    var members =
        members(member("old", 1, "site"), member("young", 2, "site").activeRoutes(Set.of(LAN)));
    assertThat(states(members)).containsExactly(State.STANDBY, State.ACCEPTED);
  }

  @Test
  void memberThatIsLeftOutIsNotActive() {
    var members =
        members(
            member("old", 1, "site").suspended(true).activeRoutes(Set.of(LAN)),
            member("young", 2, "site"));
    assertThat(states(members)).containsExactly(State.STANDBY, State.ACCEPTED);
  }

  @Test
  void memberWithoutAKeyStandsByWithItsCause() {
    var members = members(member("old", 1, "site").publicKey(null), member("young", 2, "site"));
    assertThat(states(members)).containsExactly(State.STANDBY, State.ACCEPTED);
    assertThat(members.routesOf(OLD).getFirst().message()).doesNotContain("group");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        " | | Peer office/young cannot bring 192.168.200.0/24: the older peer office/old already brings 192.168.200.0/24. If both lead to the same LAN, give both routes one name as group. For another LAN with this prefix, write a free block as translateTo.",
        "site | | Peer office/young cannot bring 192.168.200.0/24: the older peer office/old already brings 192.168.200.0/24 in group site. If both lead to the same LAN, write group: site here too. For another LAN with this prefix, write a free block as translateTo.",
        " | site | Peer office/young cannot bring 192.168.200.0/24: the older peer office/old already brings 192.168.200.0/24. If both lead to the same LAN, write group: site there too. For another LAN with this prefix, write a free block as translateTo.",
        "a | b | Peer office/young cannot bring 192.168.200.0/24: the older peer office/old already brings 192.168.200.0/24 in group a. If both lead to the same LAN, write group: a here too. For another LAN with this prefix, write a free block as translateTo.",
      })
  void routesWithoutOneGroupConflictAndTheMessageNamesTheGroup(
      String older, String younger, String message) {
    var members = members(member("old", 1, older), member("young", 2, younger));
    assertThat(states(members)).containsExactly(State.ACCEPTED, State.CONFLICT);
    assertThat(members.routesOf(YOUNG).getFirst().message()).isEqualTo(message);
  }

  @Test
  void groupsOfTwoNamespacesConflict() {
    var members =
        members(
            member("old", 1, "site"),
            peer("tenant", "young", 2, "10.70.1.2").routes(List.of(LAN)).groups(group("site")));
    assertThat(members.routesOf(new PeerName("tenant", "young")))
        .containsExactly(
            new RouteDecision(
                LAN,
                State.CONFLICT,
                "Peer tenant/young cannot bring 192.168.200.0/24: the older peer office/old already"
                    + " brings 192.168.200.0/24."
                    + " For another LAN with this prefix, write a free block as translateTo."));
  }

  @Test
  void groupWithoutMasqueradeSaysWhatTheRouterNeeds() {
    var members =
        members(
            member("old", 1, "site").groups(Map.of(LAN, new GroupEntry("site", false))),
            member("young", 2, "site"));
    assertThat(members.routesOf(OLD))
        .containsExactly(
            new RouteDecision(
                LAN,
                State.ACCEPTED,
                "The router of 192.168.200.0/24 must send replies by way of the peer of group site"
                    + " that is active: give it routes by way of each of them, or write"
                    + " masquerade: true."));
  }

  @Test
  void activeMemberHasTheRouteOnItsGatewayAndItsGatewayOnOtherNodes() {
    var view = view(member("old", 1, "site"), member("young", 2, "site"));
    var plan =
        Topology.planFor("node-a", view, Meshes.rules(view), (group, members) -> YOUNG)
            .orElseThrow();
    assertThat(allowedIps(plan, "office/young")).contains(LAN);
    assertThat(allowedIps(plan, "office/old")).doesNotContain(LAN);
    assertThat(plan.routing().routes()).contains(RoutePlan.toDevice(LAN, RouteOrigin.peer(YOUNG)));
    assertThat(plan.groups())
        .singleElement()
        .satisfies(group -> {
          assertThat(group.active()).isEqualTo(YOUNG);
          assertThat(group.members())
              .extracting(GroupPlan.Member::name)
              .containsExactly(OLD, YOUNG);
        });
  }

  /** The operator's decision on a member is no obstacle to an agent that knows better. */
  @Test
  void agentsMaySelectAnotherPublishedMember() {
    var view =
        view(
            member("old", 1, "site").publishedRoutes(List.of(RouteDecision.accepted(LAN))),
            member("young", 2, "site")
                .publishedRoutes(List.of(new RouteDecision(LAN, State.STANDBY, "old carries"))));
    var policy = PublishedRoutes.of(view);
    assertThat(allowedIps(Topology.planFor("node-a", view, policy).orElseThrow(), "office/old"))
        .contains(LAN);
    var group = new RouteGroup("home", "office", "site", LAN);
    var selected = GroupSelection.of(Map.of(group, YOUNG));
    assertThat(
            allowedIps(
                Topology.planFor("node-a", view, policy, selected).orElseThrow(), "office/young"))
        .contains(LAN);
  }

  @Test
  void agentsWaitForTheOperatorsDecisionOnAMember() {
    var view =
        view(
            member("old", 1, "site"),
            member("young", 2, "site").publishedRoutes(List.of(RouteDecision.accepted(LAN))));
    var members = Topology.members(view, PublishedRoutes.of(view), (group, candidates) -> OLD);
    assertThat(members.routesOf(OLD).getFirst().message()).contains("has not judged");
  }

  private static List<IpPrefix> allowedIps(NodePlan plan, String peer) {
    return plan.device().peers().stream()
        .filter(planned -> planned.name().equals(peer))
        .findFirst()
        .orElseThrow()
        .allowedIps();
  }

  private static List<State> states(MeshMembers members) {
    return Stream.of(OLD, YOUNG).map(name -> members.routesOf(name).getFirst().state()).toList();
  }

  private static PeerView.Builder member(String name, int age, String group) {
    var peer = peer("office", name, age, "10.70.1." + age).routes(prefixes("192.168.200.0/24"));
    return group == null ? peer : peer.groups(group(group));
  }

  private static Map<IpPrefix, GroupEntry> group(String name) {
    return Map.of(LAN, new GroupEntry(name, true));
  }

  private static MeshMembers members(PeerView.Builder... peers) {
    return Meshes.members(view(peers));
  }

  private static MeshView view(PeerView.Builder... peers) {
    return new MeshView(
        network(),
        List.of(Meshes.gateway("node-a"), Meshes.node("node-b")),
        Stream.of(peers).map(PeerView.Builder::build).toList());
  }
}
