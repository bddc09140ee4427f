package dev.wiremesh.core.group;

import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import dev.wiremesh.core.view.RouteDecision.State;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The peers of each {@link RouteGroup} that can carry its traffic. Used once, by one thread, oldest
 * peer first.
 */
public final class GroupMembers {
  private final Map<RouteGroup, List<PeerView>> groups = new LinkedHashMap<>();

  public void add(RouteGroup group, PeerView peer) {
    groups.computeIfAbsent(group, _ -> new ArrayList<>()).add(peer);
  }

  /**
   * Leaves the accepted route to the active member of each group of a network; those of the other
   * members stand by.
   *
   * @param routes the decisions of the network's peers, which are replaced
   */
  public void decide(
      String network, GroupSelection selection, Map<PeerName, List<RouteDecision>> routes) {
    groups.forEach((group, members) -> {
      if (group.network().equals(network)) {
        var active = selection.select(group, List.copyOf(members));
        for (var member : members) {
          routes.computeIfPresent(
              member.name(),
              (_, decisions) ->
                  decisions.stream()
                      .map(decision ->
                          decision.cidr().equals(group.cidr())
                              ? decision(group, member, active)
                              : decision)
                      .toList());
        }
      }
    });
  }

  private static RouteDecision decision(RouteGroup group, PeerView member, PeerName active) {
    boolean carries = member.name().equals(active);
    var sentences = new ArrayList<String>();
    if (!carries) {
      sentences.add(active + " carries " + group.cidr() + " for group " + group.name() + " now.");
    }
    var entry = member.routes().groups().get(group.cidr());
    if (entry != null && !entry.masquerade()) {
      sentences.add(withoutMasquerade(group));
    }
    return new RouteDecision(
        group.cidr(), carries ? State.ACCEPTED : State.STANDBY, String.join(" ", sentences));
  }

  private static String withoutMasquerade(RouteGroup group) {
    return "The router of "
        + group.cidr()
        + " must send replies by way of the peer of group "
        + group.name()
        + " that is active: give it routes by way of each of them, or write masquerade: true.";
  }
}
