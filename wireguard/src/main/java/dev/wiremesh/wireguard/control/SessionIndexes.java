package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.PendingHandshake;
import dev.wiremesh.wireguard.peer.SessionRegistry;
import dev.wiremesh.wireguard.session.Session;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Local indexes, by which peers address sessions and pending handshakes: allocation and lookup.
 * Sessions are in the session table, which the receiving thread reads; pending handshakes are here.
 * Guarded by the control lock.
 */
public final class SessionIndexes implements SessionRegistry {
  private final DeviceState state;
  private final RandomGenerator random;
  private final SessionReclaimer reclaimer;
  private final Map<Integer, PendingHandshake> pendingByIndex = new HashMap<>();

  public SessionIndexes(DeviceState state, RandomGenerator random, SessionReclaimer reclaimer) {
    this.state = state;
    this.random = random;
    this.reclaimer = reclaimer;
  }

  /** A random index that is not in use. */
  int newIndex() {
    while (true) {
      int index = random.nextInt();
      if (state.sessions.get(index) == null && !pendingByIndex.containsKey(index)) {
        return index;
      }
    }
  }

  @Override
  public void register(Session<Peer> session) {
    state.sessions.add(session);
  }

  @Override
  public void unregister(Session<Peer> session) {
    state.sessions.remove(session);
    reclaimer.add(session);
  }

  /** Registers a sent initiation, in place of the peer's previous one. */
  void await(PendingHandshake pending) {
    endPending(pending.peer());
    pending.peer().handshake.pending = pending;
    pendingByIndex.put(pending.localIndex(), pending);
  }

  @Nullable PendingHandshake pending(int localIndex) {
    return pendingByIndex.get(localIndex);
  }

  /** The peer that addresses this device by the index. */
  @Nullable Peer peerOf(int localIndex) {
    var pending = pendingByIndex.get(localIndex);
    if (pending != null) {
      return pending.peer();
    }
    var session = state.sessions.get(localIndex);
    return session == null ? null : session.peer();
  }

  /** Marks a pending handshake whose duration is no RTT any more. */
  void disturb(PendingHandshake pending) {
    var disturbed = pending.disturbed();
    pending.peer().handshake.pending = disturbed;
    pendingByIndex.put(pending.localIndex(), disturbed);
  }

  /** Ends the peer's pending handshake, if any, and wipes its ephemeral key. */
  void endPending(Peer peer) {
    var pending = peer.handshake.pending;
    if (pending != null) {
      peer.handshake.pending = null;
      pendingByIndex.remove(pending.localIndex());
      pending.handshake().wipe();
    }
  }

  /** Handshakes that wait for their response. */
  public int pendingCount() {
    return pendingByIndex.size();
  }
}
