package dev.wiremesh.cli.peer;

import dev.wiremesh.api.conditions.Conditions;
import dev.wiremesh.api.contract.ConditionStatus;
import dev.wiremesh.api.contract.ConditionType;
import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.view.MeshViews;
import dev.wiremesh.cli.kube.CliException;
import dev.wiremesh.cli.kube.Cluster;
import dev.wiremesh.cli.kube.ForbiddenException;
import dev.wiremesh.cli.kube.NearNames;
import io.fabric8.kubernetes.api.model.Condition;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Finds Peers by name, and says why one is missing or has no configuration yet. */
public final class PeerLookup {
  /** The conditions that a configuration waits for, in the order in which they come true. */
  private static final List<ConditionType> STEPS =
      List.of(
          ConditionType.ACCEPTED,
          ConditionType.ADDRESS_ALLOCATED,
          ConditionType.KEY_READY,
          ConditionType.CONFIG_PUBLISHED);

  private PeerLookup() {}

  /**
   * The Peer of that name in the cluster's namespace.
   *
   * @throws CliException if there is none, with names that are near
   */
  public static Peer get(Cluster cluster, String name) {
    return cluster
        .peer(cluster.namespace(), name)
        .orElseThrow(() -> new CliException(missing(cluster, name)));
  }

  /** Why the Secret of a Peer holds no configuration: no such Peer, or a condition of it. */
  static String whyNotPublished(Cluster cluster, String name) {
    var peer = get(cluster, name);
    return "Peer %s has no configuration yet: %s"
        .formatted(MeshViews.name(peer), firstObstacle(peer));
  }

  private static String firstObstacle(Peer peer) {
    var conditions = peer.getStatus().conditions;
    if (conditions.isEmpty()) {
      return "the operator has not looked at it. Is it running? kubectl get pods -A -l"
          + " app.kubernetes.io/name=wiremesh";
    }
    return STEPS.stream()
        .flatMap(type -> Conditions.find(conditions, type).stream())
        .filter(condition -> !Conditions.has(condition, ConditionStatus.TRUE))
        .findFirst()
        .map(PeerLookup::words)
        .orElse("its Secret is about to be written again; try once more in a few seconds");
  }

  private static String words(Condition condition) {
    return "%s is %s (%s): %s"
        .formatted(
            condition.getType(),
            condition.getStatus(),
            condition.getReason(),
            condition.getMessage());
  }

  /** The sentence about a Peer that does not exist. */
  public static String missing(Cluster cluster, String name) {
    var namespace = cluster.namespace();
    var here = names(allowed(() -> cluster.peers(namespace)));
    var elsewhere =
        allowed(cluster::peersOfAllNamespaces).stream()
            .filter(peer -> peer.getMetadata().getName().equals(name))
            .map(peer -> peer.getMetadata().getNamespace())
            .findFirst();
    return "there is no Peer "
        + name
        + " in namespace "
        + namespace
        + elsewhere
            .map(it -> ", but in namespace " + it + ": write -n " + it)
            .or(() -> didYouMean(NearNames.to(name, here)))
            .orElse("; 'kubectl get wgp -A' lists all");
  }

  private static Optional<String> didYouMean(List<String> names) {
    return names.isEmpty()
        ? Optional.empty()
        : Optional.of("; did you mean " + String.join(" or ", names) + "?");
  }

  private static List<String> names(List<Peer> peers) {
    return peers.stream().map(peer -> peer.getMetadata().getName()).toList();
  }

  /** A list that only helps: empty where the user may not have it. */
  private static List<Peer> allowed(Supplier<List<Peer>> list) {
    try {
      return list.get();
    } catch (ForbiddenException _) {
      return List.of();
    }
  }
}
