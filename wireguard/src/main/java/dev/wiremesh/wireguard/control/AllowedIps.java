package dev.wiremesh.wireguard.control;

import dev.wiremesh.core.net.IpPrefix;
import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.NextHop;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.routing.PrefixTable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Allowed IPs of all peers: each prefix has at most one home peer and any number of alternates.
 * Keeps the routing table and the peers' own sets consistent; only this class changes them. Guarded
 * by the control lock; {@link #publish} ends a change.
 */
final class AllowedIps {
  private final DeviceState state;
  private final PeerTable peers;
  private PrefixTable<NextHop> routes = PrefixTable.empty();

  AllowedIps(DeviceState state, PeerTable peers) {
    this.state = state;
    this.peers = peers;
  }

  /** Publishes the present table to the packet threads. */
  void publish() {
    if (state.routes != routes) {
      state.routes = routes;
    }
  }

  /** Makes the peer the home of a prefix, in place of another one. */
  void add(Peer peer, IpPrefix prefix) {
    var oldHome = home(prefix);
    if (oldHome == peer) {
      return;
    }
    if (oldHome != null) {
      oldHome.config.allowedIps.remove(prefix);
      peers.changed(oldHome);
    }
    peer.config.allowedIps.add(prefix);
    peers.changed(peer);
    route(prefix, peer, alternates(prefix));
  }

  /** Removes a prefix from the peer if that is its home. */
  void remove(Peer peer, IpPrefix prefix) {
    if (peer.config.allowedIps.remove(prefix)) {
      peers.changed(peer);
      route(prefix, null, alternates(prefix));
    }
  }

  /** Sets the prefixes that the peer is the home of. */
  void set(Peer peer, Set<IpPrefix> wanted) {
    for (var prefix : List.copyOf(peer.config.allowedIps)) {
      if (!wanted.contains(prefix)) {
        remove(peer, prefix);
      }
    }
    wanted.forEach(prefix -> add(peer, prefix));
  }

  /** Sets the prefixes that the peer is an alternate of. */
  void setAlternates(Peer peer, Set<IpPrefix> wanted) {
    for (var prefix : List.copyOf(peer.config.alternateIps)) {
      if (!wanted.contains(prefix)) {
        peer.config.alternateIps.remove(prefix);
        var others = alternates(prefix).stream().filter(other -> other != peer).toList();
        route(prefix, home(prefix), others);
      }
    }
    for (var prefix : wanted) {
      if (peer.config.alternateIps.add(prefix)) {
        var all = new ArrayList<>(alternates(prefix));
        all.add(peer);
        route(prefix, home(prefix), all);
      }
    }
  }

  private @Nullable Peer home(IpPrefix prefix) {
    var hop = routes.get(prefix);
    return hop == null ? null : hop.home();
  }

  private List<Peer> alternates(IpPrefix prefix) {
    var hop = routes.get(prefix);
    return hop == null ? List.of() : hop.alternates();
  }

  private void route(IpPrefix prefix, @Nullable Peer home, List<Peer> alternates) {
    var hop = NextHop.of(home, alternates, routes.get(prefix));
    routes = hop == null ? routes.without(prefix) : routes.with(prefix, hop);
  }
}
