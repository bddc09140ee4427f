package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.peer.Peer;
import java.util.Comparator;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Peers ordered by their next timer deadline. Guarded by the control lock. */
public final class TimerQueue {
  private final TreeSet<Peer> peers =
      new TreeSet<>(
          Comparator.<Peer>comparingLong(peer -> peer.timers.nextCheckNanos)
              .thenComparingLong(peer -> peer.number));

  void set(Peer peer, long dueNanos) {
    peers.remove(peer);
    peer.timers.nextCheckNanos = dueNanos;
    if (dueNanos != MonotonicClock.NO_DEADLINE) {
      peers.add(peer);
    }
  }

  public int size() {
    return peers.size();
  }

  void remove(Peer peer) {
    peers.remove(peer);
  }

  /** The first peer that is due; null if none. */
  @Nullable Peer due(long now) {
    return !peers.isEmpty() && peers.getFirst().timers.nextCheckNanos <= now
        ? peers.getFirst()
        : null;
  }

  /** Deadline of the first peer. */
  long nextNanos() {
    return peers.isEmpty() ? MonotonicClock.NO_DEADLINE : peers.getFirst().timers.nextCheckNanos;
  }
}
