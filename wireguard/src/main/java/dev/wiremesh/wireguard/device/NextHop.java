package dev.wiremesh.wireguard.device;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where the packets of a prefix go: one of the peers that may all have it. Packets are accepted
 * from each member, and sent to the one that last sent an authentic packet with a source in the
 * prefix; before there was one, or when that one no longer answers, to the prefix's home.
 *
 * <p>The members never change: a change of the configuration makes another next hop. The receiving
 * thread moves the current one, any thread reads it.
 */
final class NextHop {
  private final @Nullable Peer home;
  private final List<Peer> alternates;
  private final Peer first;
  private volatile Peer current;

  /** A next hop that is one peer. */
  NextHop(Peer only) {
    this(only, List.of(), only);
  }

  private NextHop(@Nullable Peer home, List<Peer> alternates, Peer current) {
    this.home = home;
    this.alternates = List.copyOf(alternates);
    this.first = home != null ? home : alternates.getFirst();
    this.current = current;
  }

  /** A next hop of several peers; null if there is none. The current one of before stays. */
  static @Nullable NextHop of(
      @Nullable Peer home, List<Peer> alternates, @Nullable NextHop before) {
    if (alternates.isEmpty()) {
      return home == null ? null : home.route;
    }
    var first = home != null ? home : alternates.getFirst();
    var last = before == null ? first : before.current;
    boolean stays = last == home || alternates.contains(last);
    return new NextHop(home, alternates, stays ? last : first);
  }

  Peer current() {
    var now = current;
    return now.unreachable ? first : now;
  }

  boolean accepts(Peer from) {
    return current == from || home == from || alternates.contains(from);
  }

  /** A packet came from this member; of the receiving thread. */
  void heardFrom(Peer member) {
    if (current != member) {
      current = member;
    }
  }

  @Nullable Peer home() {
    return home;
  }

  List<Peer> alternates() {
    return alternates;
  }
}
