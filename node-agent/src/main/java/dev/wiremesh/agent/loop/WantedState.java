package dev.wiremesh.agent.loop;

import dev.wiremesh.agent.watch.LocalNetwork;
import dev.wiremesh.agent.watch.NetworkKeys;
import dev.wiremesh.core.group.GroupSelection;
import dev.wiremesh.core.group.RouteGroup;
import dev.wiremesh.core.net.ConfiguredEndpoint;
import dev.wiremesh.core.route.PublishedRoutes;
import dev.wiremesh.core.topology.NodePlan;
import dev.wiremesh.core.topology.Topology;
import dev.wiremesh.core.view.MeshView;
import dev.wiremesh.core.view.PeerName;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The plan and the keys that this node shall apply for one network. Owned by the control thread.
 */
final class WantedState {
  private @Nullable MeshView plannedView;
  private Map<RouteGroup, PeerName> plannedSelection = Map.of();
  private @Nullable NodePlan plan;
  private @Nullable NetworkKeys keys;

  /** Null as long as there was never a view that leads to a plan for this node. */
  @Nullable NodePlan plan() {
    return plan;
  }

  /** Null as long as not all keys were there once. */
  @Nullable NetworkKeys keys() {
    return keys;
  }

  boolean isComplete() {
    return plan != null && keys != null;
  }

  /**
   * Plans anew where the view or the active members of groups have changed; returns whether the
   * plan is another one.
   *
   * @param selected the active members that this node has decided on
   * @param deadRelays gateways that do not answer this node
   */
  boolean updatePlan(
      LocalNetwork local, Map<RouteGroup, PeerName> selected, Set<String> deadRelays) {
    var read = local.view();
    var view = read == null ? null : read.withoutRelays(deadRelays);
    if (view == null || view.equals(plannedView) && selected.equals(plannedSelection)) {
      return false;
    }
    plannedView = view;
    plannedSelection = selected;
    var planned =
        Topology.planFor(
                local.meshNode().node(),
                view,
                PublishedRoutes.of(view),
                GroupSelection.of(selected))
            .orElse(null);
    if (planned == null || planned.equals(plan)) {
      return false;
    }
    plan = planned;
    return true;
  }

  /**
   * Takes new keys; returns whether they are others. Keys that are missing now stay as they were:
   * sessions go on under them.
   */
  boolean updateKeys(LocalNetwork local) {
    var now = local.keys();
    if (now == null || now.equals(keys)) {
      return false;
    }
    keys = now;
    return true;
  }

  /** Endpoints of the plan's peers. */
  Set<ConfiguredEndpoint> endpoints() {
    var endpoints = new HashSet<ConfiguredEndpoint>();
    if (plan != null) {
      for (var peer : plan.device().peers()) {
        var endpoint = peer.transport().endpoint();
        if (endpoint != null) {
          endpoints.add(endpoint);
        }
      }
    }
    return endpoints;
  }
}
