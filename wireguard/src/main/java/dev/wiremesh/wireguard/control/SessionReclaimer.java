package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.session.Session;
import java.util.ArrayDeque;

/**
 * Epoch-based reclamation of sessions: a session that left the session table is wiped when no
 * packet thread can hold it any more, see {@link dev.wiremesh.wireguard.peer.PacketThreadEpoch}.
 * Guarded by the control lock.
 */
public final class SessionReclaimer {
  private final DeviceState state;
  private final ArrayDeque<Unreachable> awaitingReclaim = new ArrayDeque<>();

  public SessionReclaimer(DeviceState state) {
    this.state = state;
  }

  /** A session that is in no table any more, and the packet threads' epochs at that moment. */
  private record Unreachable(Session<Peer> session, long sendEpoch, long receiveEpoch) {}

  /** Adds a session that was removed from the session table. */
  void add(Session<Peer> session) {
    awaitingReclaim.add(new Unreachable(session, state.sendEpoch.now(), state.receiveEpoch.now()));
  }

  /**
   * Wipes the sessions that no packet thread can hold any more, and counts the packets that they
   * never received as lost.
   */
  public void reclaim() {
    while (!awaitingReclaim.isEmpty()) {
      var oldest = awaitingReclaim.peekFirst();
      if (!state.sendEpoch.hasPassed(oldest.sendEpoch())
          || !state.receiveEpoch.hasPassed(oldest.receiveEpoch())) {
        return;
      }
      var session = oldest.session();
      session
          .peer()
          .traffic
          .losses
          .sessionEnded(session.lossDetector().rest(session.window().next()));
      session.wipe();
      awaitingReclaim.removeFirst();
    }
  }

  public int size() {
    return awaitingReclaim.size();
  }

  boolean isEmpty() {
    return awaitingReclaim.isEmpty();
  }
}
