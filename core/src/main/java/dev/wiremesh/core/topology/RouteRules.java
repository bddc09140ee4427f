package dev.wiremesh.core.topology;

import dev.wiremesh.core.net.IpPrefix;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * The rules for a route that a peer requests. Creating a Peer is network access, so a route must
 * lie inside the allowed ranges and outside nodes, pods, Services and pools.
 */
public final class RouteRules {
  private final String network;
  private final List<IpPrefix> allowed;
  private final TreeMap<IpPrefix, String> forbidden = new TreeMap<>();

  public RouteRules(MeshView view) {
    network = view.network().name();
    allowed = view.network().addressing().allowedPeerRoutes();
    for (var node : view.nodes()) {
      node.underlay()
          .addresses()
          .forEach(address -> forbid(address.toPrefix(), "the address of node " + node.name()));
      node.podCidrs().forEach(cidr -> forbid(cidr, "the pods of node " + node.name()));
    }
    view.network()
        .addressing()
        .clusterCidrs()
        .forEach(cidr -> forbid(cidr, "the cluster's pods or Services"));
    view.network()
        .addressing()
        .pools()
        .forEach(pool -> forbid(pool, "an address pool of this network"));
  }

  private void forbid(IpPrefix prefix, String description) {
    // Of two descriptions the lesser text, so that the order of the view does not matter.
    forbidden.merge(prefix, description, (one, other) -> one.compareTo(other) <= 0 ? one : other);
  }

  /** The sentence with which the network refuses the prefix; empty for a prefix that it accepts. */
  public Optional<String> refusal(IpPrefix cidr) {
    if (cidr.isDefault()) {
      return Optional.of(
          "A default route is not taken from a peer: list the networks behind it instead of "
              + cidr
              + ".");
    }
    for (var entry : forbidden.entrySet()) {
      if (entry.getKey().overlaps(cidr)) {
        return Optional.of(
            cidr + " overlaps " + entry.getKey() + ", " + entry.getValue() + ": choose another.");
      }
    }
    if (allowed.stream().noneMatch(prefix -> prefix.contains(cidr))) {
      return Optional.of(
          cidr
              + " lies outside what network "
              + network
              + " allows peers to bring"
              + listed()
              + ": widen spec.peerRoutes.allowed of the network, or choose another.");
    }
    return Optional.empty();
  }

  private String listed() {
    var ofNetwork = new ArrayList<>(allowed);
    ofNetwork.sort(null);
    return ofNetwork.isEmpty()
        ? " (nothing)"
        : ofNetwork.stream().map(IpPrefix::toString).collect(Collectors.joining(", ", " (", ")"));
  }
}
