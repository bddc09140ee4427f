package dev.wiremesh.wireguard.peer;

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
public final class NextHop {
  private final @Nullable Peer home;
  private final List<Peer> alternates;
  private final Peer first;

  /** The member that was last heard; null before there was one. */
  private volatile @Nullable Peer heard;

  /** A next hop that is one peer. */
  NextHop(Peer only) {
    this(only, List.of(), null);
  }

  private NextHop(@Nullable Peer home, List<Peer> alternates, @Nullable Peer heard) {
    this.home = home;
    this.alternates = List.copyOf(alternates);
    this.first = home != null ? home : alternates.getFirst();
    this.heard = heard;
  }

  /**
   * A next hop of several peers; null if there is none. Who was heard last stays the current one.
   */
  public static @Nullable NextHop of(
      @Nullable Peer home, List<Peer> alternates, @Nullable NextHop before) {
    if (alternates.isEmpty()) {
      return home == null ? null : home.route;
    }
    var last = before == null ? null : before.heard;
    boolean stays = last != null && (last == home || alternates.contains(last));
    return new NextHop(home, alternates, stays ? last : null);
  }

  /**
   * Where a packet goes. A host that changes its key is sent to under the next one as soon as there
   * is a session, whichever it was last heard by: that one is to stay.
   */
  public Peer current(long now) {
    var member = heard;
    if (member == null || member.path.unreachable) {
      member = first;
    }
    var successor = member.successor;
    return successor != null && !successor.path.unreachable && successor.canSend(now)
        ? successor
        : member;
  }

  public boolean accepts(Peer from) {
    return heard == from || home == from || alternates.contains(from);
  }

  /** A packet came from this member; of the receiving thread. */
  public void heardFrom(Peer member) {
    if (heard != member) {
      heard = member;
    }
  }

  public @Nullable Peer home() {
    return home;
  }

  public List<Peer> alternates() {
    return alternates;
  }
}
