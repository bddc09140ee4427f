package dev.wiremesh.core.group;

import dev.wiremesh.core.view.PeerName;
import dev.wiremesh.core.view.PeerView;
import dev.wiremesh.core.view.RouteDecision;
import java.util.List;
import java.util.Map;

/**
 * Selects the member of a {@link RouteGroup} that carries the traffic. Agents select by the
 * liveness that they observe themselves; the operator, and agents without an observation, follow
 * {@link #reported}.
 */
@FunctionalInterface
public interface GroupSelection {
  /**
   * The active member.
   *
   * @param members peers that can carry the traffic, oldest first; at least one
   */
  PeerName select(RouteGroup group, List<PeerView> members);

  /**
   * The selection by the objects alone: the oldest member that its gateway reports as active, else
   * the one with the operator's acceptance, else the oldest.
   */
  static GroupSelection reported() {
    return (group, members) ->
        members.stream()
            .filter(member -> member.routes().active().contains(group.cidr()))
            .findFirst()
            .or(() -> members.stream().filter(member -> isAccepted(member, group)).findFirst())
            .orElse(members.getFirst())
            .name();
  }

  /** These selections, as long as they name a member; {@link #reported} for all other groups. */
  static GroupSelection of(Map<RouteGroup, PeerName> selected) {
    return (group, members) -> {
      var known = selected.get(group);
      return known != null && members.stream().anyMatch(member -> member.name().equals(known))
          ? known
          : reported().select(group, members);
    };
  }

  private static boolean isAccepted(PeerView member, RouteGroup group) {
    return member.routes().published().stream()
        .anyMatch(decision ->
            decision.cidr().equals(group.cidr())
                && decision.state() == RouteDecision.State.ACCEPTED);
  }
}
