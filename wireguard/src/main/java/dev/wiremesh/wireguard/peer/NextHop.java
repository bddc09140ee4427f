package dev.wiremesh.wireguard.peer;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Next hop of a prefix: one of the peers that have it. Packets are accepted from each member. They
 * are sent to the member that last sent an authentic packet with a source in the prefix, or to the
 * prefix's home if there was none or that member is unreachable. An alternate takes the place of a
 * home that is unreachable too.
 *
 * <p>The members never change: a configuration change creates another next hop. The receiving
 * thread sets the last member heard, any thread reads it.
 */
public final class NextHop {
  private final @Nullable Peer home;
  private final List<Peer> alternates;
  private final Peer first;

  /** Member that last sent a packet of the prefix; null before the first. */
  private volatile @Nullable Peer heard;

  /** The next hop of a prefix with one peer. */
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
   * The next hop of a prefix with these peers; null if there are none. The member last heard by the
   * previous next hop is kept.
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
   * The peer to send to. A host that changes its key is sent to under its next key as soon as that
   * has a session, whichever key it last used.
   */
  public Peer current(long now) {
    var member = heard;
    if (member == null || member.path.unreachable) {
      member = firstReachable();
    }
    var successor = member.successor;
    return successor != null && !successor.path.unreachable && successor.canSend(now)
        ? successor
        : member;
  }

  /** The home, else the first alternate; of those that are reachable, if any is. */
  private Peer firstReachable() {
    if (first.path.unreachable) {
      for (int i = 0; i < alternates.size(); i++) {
        if (!alternates.get(i).path.unreachable) {
          return alternates.get(i);
        }
      }
    }
    return first;
  }

  public boolean accepts(Peer from) {
    return heard == from || home == from || alternates.contains(from);
  }

  /** Records a packet from this member; receiving thread. */
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
