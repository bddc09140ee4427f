package dev.wiremesh.wireguard.device;

import java.util.List;

/**
 * Where the packets of a prefix go: one of the peers that may all have it. Packets are accepted
 * from each member and sent to the current one.
 */
final class NextHop {
  private final List<Peer> members;
  private final Peer current;

  /** A next hop that is one peer. */
  NextHop(Peer only) {
    members = List.of(only);
    current = only;
  }

  Peer current() {
    return current;
  }

  boolean accepts(Peer from) {
    return current == from || members.contains(from);
  }

  List<Peer> members() {
    return members;
  }
}
