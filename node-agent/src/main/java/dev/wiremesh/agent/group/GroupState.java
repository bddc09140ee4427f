package dev.wiremesh.agent.group;

import dev.wiremesh.core.topology.GroupPlan;
import java.util.List;

/**
 * The groups of a network as this node uses them. An immutable value, for metrics.
 *
 * @param groups with their active members
 * @param switches changes of an active member that this node decided, since the agent started
 */
public record GroupState(List<GroupPlan> groups, long switches) {
  public static final GroupState NONE = new GroupState(List.of(), 0);

  public GroupState {
    groups = List.copyOf(groups);
  }
}
