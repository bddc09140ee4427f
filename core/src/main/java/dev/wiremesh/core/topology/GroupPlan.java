package dev.wiremesh.core.topology;

import static java.util.Comparator.comparing;

import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.net.IpAddress;
import dev.wiremesh.core.route.MeshMembers;
import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A {@link RouteGroup} with the members that can carry its traffic.
 *
 * @param active the member that carries it
 * @param members oldest first; at least one
 */
public record GroupPlan(RouteGroup group, PeerName active, List<Member> members) {
  public GroupPlan {
    members = List.copyOf(members);
  }

  /**
   * A peer of the group.
   *
   * @param addresses its addresses in the mesh
   * @param homeGateway the node that holds its session
   */
  public record Member(PeerName name, List<IpAddress> addresses, String homeGateway) {
    public Member {
      addresses = List.copyOf(addresses);
    }
  }

  /** The groups of a network, by their blocks. */
  static List<GroupPlan> of(String network, MeshMembers members) {
    var groups = new LinkedHashMap<RouteGroup, List<PeerView>>();
    members.peers().stream()
        .sorted(comparing(PeerView::creationOrder).thenComparing(PeerView::name))
        .forEach(peer ->
            peer.routes()
                .groups()
                .forEach((cidr, entry) -> {
                  if (members.routesOf(peer.name()).stream()
                      .anyMatch(decision ->
                          decision.cidr().equals(cidr)
                              && (decision.state() == RouteDecision.State.ACCEPTED
                                  || decision.state() == RouteDecision.State.STANDBY))) {
                    groups
                        .computeIfAbsent(
                            new RouteGroup(network, peer.name().namespace(), entry.group(), cidr),
                            _ -> new ArrayList<>())
                        .add(peer);
                  }
                }));
    return groups.entrySet().stream()
        .map(entry -> of(entry, members))
        .sorted(comparing((GroupPlan plan) -> plan.group().cidr()))
        .toList();
  }

  private static GroupPlan of(Map.Entry<RouteGroup, List<PeerView>> group, MeshMembers members) {
    var peers = group.getValue();
    var active =
        peers.stream()
            .filter(peer ->
                members.routesOf(peer.name()).stream()
                    .anyMatch(decision ->
                        decision.cidr().equals(group.getKey().cidr())
                            && decision.state() == RouteDecision.State.ACCEPTED))
            .findFirst()
            .orElse(peers.getFirst());
    return new GroupPlan(
        group.getKey(), active.name(), peers.stream().map(GroupPlan::member).toList());
  }

  private static Member member(PeerView peer) {
    var gateway = peer.session().homeGateway();
    return new Member(peer.name(), peer.addresses(), gateway == null ? "" : gateway);
  }
}
