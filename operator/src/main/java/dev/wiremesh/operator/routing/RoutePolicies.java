package dev.wiremesh.operator.routing;

import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.v1alpha1.WireGuardNetworkSpec.PeerRoutes;
import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.core.route.RoutePermissions;
import dev.wiremesh.core.route.RoutePolicy;
import dev.wiremesh.core.route.RouteRules;
import dev.wiremesh.operator.net.LenientParsing;
import dev.wiremesh.operator.node.LabelSelectors;
import dev.wiremesh.operator.state.ClusterCache;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules for the routes of each network's Peers. Grants are resolved here, where the labels of
 * namespaces are known; agents read the decision in the Peer's status. Thread-safe.
 */
public final class RoutePolicies {
  private final ClusterCache state;
  private final ForbiddenRoutes forbidden;

  public RoutePolicies(ClusterCache state, ForbiddenRoutes forbidden) {
    this.state = state;
    this.forbidden = forbidden;
  }

  /**
   * The policy of a network as of now.
   *
   * @param namespaces those of the Peers that request routes
   */
  public RoutePolicy of(WireGuardNetwork network, Set<String> namespaces) {
    var labels = new HashMap<String, Map<String, String>>();
    for (var name : namespaces) {
      state
          .namespaces()
          .get(name)
          .ifPresent(namespace -> labels.put(name, labelsOf(namespace.getMetadata().getLabels())));
    }
    return new RouteRules(
        network.getMetadata().getName(),
        permissions(network.getSpec().peerRoutes, labels),
        forbidden.current());
  }

  private static Map<String, String> labelsOf(@Nullable Map<String, String> labels) {
    return labels == null ? Map.of() : labels;
  }

  /**
   * The blocks that the spec allows.
   *
   * @param labels of the namespaces, by name; one that is absent has no grants
   */
  static RoutePermissions permissions(
      @Nullable PeerRoutes spec, Map<String, Map<String, String>> labels) {
    if (spec == null) {
      return RoutePermissions.NONE;
    }
    var granted = new HashMap<String, List<IpPrefix>>();
    labels.forEach((namespace, labelsOfNamespace) ->
        granted.put(
            namespace,
            spec.grants.stream()
                .filter(grant -> LabelSelectors.matches(grant.namespaces, labelsOfNamespace))
                .flatMap(grant -> blocks(grant.allowed).stream())
                .toList()));
    return new RoutePermissions(blocks(spec.allowed), granted);
  }

  private static List<IpPrefix> blocks(List<String> texts) {
    return LenientParsing.readAll(texts, IpPrefix::parse);
  }
}
