package dev.wiremesh.wireguard.device;

import dev.wiremesh.wireguard.session.Session;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Moves sessions through a peer's three places (whitepaper section 5.4.5 and the kernel's
 * practice): what the initiator agreed on is used at once; what the responder agreed on waits in
 * {@code next} until the initiator has used it. Also gives out indices, and wipes sessions when no
 * packet thread can hold them any more. Guarded by the control lock.
 */
final class SessionKeeper {
  private final Shared shared;
  private final RandomGenerator random;
  private final Map<Integer, PendingHandshake> pendingByIndex = new HashMap<>();
  private final ArrayDeque<Retired> retired = new ArrayDeque<>();

  SessionKeeper(Shared shared, RandomGenerator random) {
    this.shared = shared;
    this.random = random;
  }

  /** A session nobody finds any more, and where the packet threads were when it was taken away. */
  private record Retired(Session<Peer> session, long sending, long receiving) {}

  /** A random index that is not in use. */
  int newIndex() {
    while (true) {
      int index = random.nextInt();
      if (shared.sessions.get(index) == null && !pendingByIndex.containsKey(index)) {
        return index;
      }
    }
  }

  /** Notes a sent initiation in place of the peer's last one. */
  void await(PendingHandshake pending) {
    endPending(pending.peer());
    pending.peer().pending = pending;
    pendingByIndex.put(pending.localIndex(), pending);
  }

  @Nullable PendingHandshake pending(int localIndex) {
    return pendingByIndex.get(localIndex);
  }

  /** The peer that knows us by this index. */
  @Nullable Peer peerOf(int localIndex) {
    var pending = pendingByIndex.get(localIndex);
    if (pending != null) {
      return pending.peer();
    }
    var session = shared.sessions.get(localIndex);
    return session == null ? null : session.peer();
  }

  /** Something came in between: how long the handshake takes will mean nothing. */
  void disturb(PendingHandshake pending) {
    var disturbed = pending.disturbed();
    pending.peer().pending = disturbed;
    pendingByIndex.put(pending.localIndex(), disturbed);
  }

  void endPending(Peer peer) {
    var pending = peer.pending;
    if (pending != null) {
      peer.pending = null;
      pendingByIndex.remove(pending.localIndex());
      pending.handshake().wipe();
    }
  }

  /** The peer has answered, so it has the keys: they are used from now on. */
  void adoptAsInitiator(Session<Peer> session) {
    var peer = session.peer();
    var oldPrevious = peer.previous;
    var oldCurrent = peer.current;
    var oldNext = peer.next;
    shared.sessions.add(session);
    peer.current = session;
    peer.previous = oldNext != null ? oldNext : oldCurrent;
    peer.next = null;
    retire(oldPrevious);
    if (oldNext != null) {
      retire(oldCurrent);
    }
  }

  /** We have answered; the peer may never hear it, so the current session stays in use. */
  void adoptAsResponder(Session<Peer> session) {
    var peer = session.peer();
    retire(peer.previous);
    retire(peer.next);
    peer.previous = null;
    peer.next = session;
    shared.sessions.add(session);
  }

  /** Puts the next session to use if the peer has; returns it then. */
  @Nullable Session<Peer> confirmNext(Peer peer) {
    var next = peer.next;
    if (next == null || !next.confirmed()) {
      return null;
    }
    var oldPrevious = peer.previous;
    peer.previous = peer.current;
    peer.current = next;
    peer.next = null;
    retire(oldPrevious);
    return next;
  }

  /** Nothing more is sent with what we have; what the peer still sends with it is accepted. */
  static void expireSessions(Peer peer) {
    endSending(peer.current);
    endSending(peer.next);
  }

  private static void endSending(@Nullable Session<Peer> session) {
    if (session != null) {
      session.endSending();
    }
  }

  void dropSessions(Peer peer) {
    var current = peer.current;
    peer.current = null;
    retire(current);
    retire(peer.previous);
    retire(peer.next);
    peer.previous = null;
    peer.next = null;
  }

  /** Takes away a session that nobody sends with any more. */
  private void retire(@Nullable Session<Peer> session) {
    if (session != null) {
      shared.sessions.remove(session);
      retired.add(new Retired(session, shared.sending.now(), shared.receiving.now()));
    }
  }

  /**
   * Wipes what was retired, and counts what it never got, as far as the packet threads have moved
   * on.
   */
  void wipeRetired() {
    while (!retired.isEmpty()) {
      var oldest = retired.peekFirst();
      if (!shared.sending.hasPassed(oldest.sending())
          || !shared.receiving.hasPassed(oldest.receiving())) {
        return;
      }
      var session = oldest.session();
      session.peer().arrivals.sessionEnded(session.gaps().rest(session.window().next()));
      session.wipe();
      retired.removeFirst();
    }
  }

  /** Handshakes that wait for their response. */
  int pendingCount() {
    return pendingByIndex.size();
  }

  int retiredCount() {
    return retired.size();
  }

  boolean hasRetired() {
    return !retired.isEmpty();
  }
}
