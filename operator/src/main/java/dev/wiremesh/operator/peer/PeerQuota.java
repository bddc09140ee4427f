package dev.wiremesh.operator.peer;

import static java.util.Comparator.comparing;

import dev.wiremesh.api.v1alpha1.Peer;
import dev.wiremesh.api.v1alpha1.WireGuardNetwork;
import dev.wiremesh.api.view.MeshViews;
import java.util.Collection;
import java.util.HashMap;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The places that a network has for Peers, by {@code spec.limits}. A Peer that has an address keeps
 * its place, also when a limit is lowered; the others take the places that are left, the oldest
 * first.
 */
final class PeerQuota {
  private PeerQuota() {}

  /** Whether the network limits its Peers. */
  static boolean isLimited(WireGuardNetwork network) {
    var limits = network.getSpec().limits;
    return limits != null && (limits.maxPeers != null || limits.maxPeersPerNamespace != null);
  }

  /**
   * Why there is no place for a Peer without an address, a whole sentence; empty if there is one.
   *
   * @param peers all Peers of the network
   * @param hasAddress whether a Peer has an address
   */
  static Optional<String> exceeded(
      Peer peer, WireGuardNetwork network, Collection<Peer> peers, Predicate<Peer> hasAddress) {
    var limits = network.getSpec().limits;
    if (limits == null || !isLimited(network) || hasAddress.test(peer)) {
      return Optional.empty();
    }
    int most = limits.maxPeers == null ? Integer.MAX_VALUE : limits.maxPeers;
    int mostPerNamespace =
        limits.maxPeersPerNamespace == null ? Integer.MAX_VALUE : limits.maxPeersPerNamespace;
    var ordered =
        peers.stream()
            .filter(other -> !other.isMarkedForDeletion() && !isSame(other, peer))
            .filter(other ->
                hasAddress.test(other)
                    || MeshViews.creationOrder(other).compareTo(MeshViews.creationOrder(peer)) < 0)
            .sorted(
                comparing((Peer other) -> !hasAddress.test(other))
                    .thenComparing(MeshViews::creationOrder))
            .toList();
    int total = 0;
    var byNamespace = new HashMap<String, Integer>();
    for (var other : ordered) {
      var namespace = other.getMetadata().getNamespace();
      int ofNamespace = byNamespace.getOrDefault(namespace, 0);
      if (hasAddress.test(other) || ofNamespace < mostPerNamespace && total < most) {
        byNamespace.put(namespace, ofNamespace + 1);
        total++;
      }
    }
    var namespace = peer.getMetadata().getNamespace();
    var name = network.getMetadata().getName();
    int ofNamespace = byNamespace.getOrDefault(namespace, 0);
    if (ofNamespace >= mostPerNamespace) {
      return Optional.of(
          "Namespace %s has %d peers in network %s, which allows %d (its spec.limits.maxPeersPerNamespace): delete one of them, or raise the limit."
              .formatted(namespace, ofNamespace, name, mostPerNamespace));
    }
    return total >= most
        ? Optional.of(
            "Network %s has %d peers and allows %d (its spec.limits.maxPeers): delete one of them, or raise the limit."
                .formatted(name, total, most))
        : Optional.empty();
  }

  private static boolean isSame(Peer one, Peer other) {
    return MeshViews.name(one).equals(MeshViews.name(other));
  }
}
