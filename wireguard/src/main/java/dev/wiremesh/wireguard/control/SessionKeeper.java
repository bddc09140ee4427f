package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.peer.DeviceState;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.PendingHandshake;
import dev.wiremesh.wireguard.session.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Moves sessions through a peer's three places (whitepaper section 5.4.5 and the kernel's
 * practice): what the initiator agreed on is used at once; what the responder agreed on waits in
 * {@code next} until the initiator has used it. Also gives out indices, and wipes sessions when no
 * packet thread can hold them any more. Guarded by the control lock.
 */
public final class SessionKeeper {
  /** The peer's current one, the one before, and one that it may not have heard of yet. */
  private static final int MAX_LAST_RESORTS = 3;

  private final DeviceState shared;
  private final RandomGenerator random;
  private final Map<Integer, PendingHandshake> pendingByIndex = new HashMap<>();
  private final ArrayDeque<Retired> retired = new ArrayDeque<>();

  public SessionKeeper(DeviceState shared, RandomGenerator random) {
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
    release(peer, oldPrevious);
    release(peer, oldCurrent);
    forgetExpired(peer, session.createdNanos());
  }

  /** We have answered; the peer may never hear it, so the current session stays in use. */
  void adoptAsResponder(Session<Peer> session) {
    var peer = session.peer();
    var oldPrevious = peer.previous;
    var oldNext = peer.next;
    peer.previous = null;
    peer.next = session;
    release(peer, oldPrevious);
    release(peer, oldNext);
    shared.sessions.add(session);
    forgetExpired(peer, session.createdNanos());
  }

  /**
   * We have answered under our former identity. The peer may send by it; we do only while we have
   * nothing under the present one.
   */
  void adoptAsLastResort(Session<Peer> session) {
    var peer = session.peer();
    session.makeLastResort();
    shared.sessions.add(session);
    putAside(peer, session);
    forgetExpired(peer, session.createdNanos());
  }

  /**
   * Our identity changes, and the peer may know the former one only: until there is a session under
   * the present one, those that we have are good enough.
   */
  void makeLastResorts(Peer peer) {
    var previous = peer.previous;
    var current = peer.current;
    var next = peer.next;
    peer.previous = null;
    peer.next = null;
    for (var session : Arrays.asList(previous, current, next)) {
      if (session != null && !session.lastResort()) {
        session.makeLastResort();
        putAside(peer, session);
      }
    }
  }

  private void putAside(Peer peer, Session<Peer> session) {
    var all = new ArrayList<>(peer.lastResorts);
    all.add(session);
    var oldest = all.size() > MAX_LAST_RESORTS ? all.removeFirst() : null;
    peer.lastResorts = List.copyOf(all);
    release(peer, oldest);
  }

  private void forgetExpired(Peer peer, long now) {
    if (peer.lastResorts.isEmpty()) {
      return;
    }
    var all = peer.lastResorts;
    peer.lastResorts = all.stream().filter(session -> !session.expired(now)).toList();
    all.forEach(session -> release(peer, session));
  }

  /** Our former identity is not to be used any more. */
  void dropLastResorts(Peer peer) {
    var all = peer.lastResorts;
    peer.lastResorts = List.of();
    var current = peer.current;
    if (current != null && current.lastResort()) {
      peer.current = null;
    }
    all.forEach(session -> release(peer, session));
  }

  /** Puts a session to use that the peer has begun to use, if it is the one; returns it then. */
  @Nullable Session<Peer> confirmNext(Peer peer, long now) {
    var next = peer.next;
    boolean confirmed = next != null && next.confirmed();
    var session = confirmed ? next : confirmedLastResort(peer, now);
    if (session == null) {
      return null;
    }
    var oldPrevious = peer.previous;
    var oldCurrent = peer.current;
    peer.current = session;
    peer.previous = oldCurrent;
    if (confirmed) {
      peer.next = null;
    }
    release(peer, oldPrevious);
    return session;
  }

  /** The newest that may follow the current session; null if that one is as good. */
  private static @Nullable Session<Peer> confirmedLastResort(Peer peer, long now) {
    var current = peer.current;
    boolean better = current != null && !current.lastResort() && current.canSend(now);
    if (better) {
      return null;
    }
    for (var session : peer.lastResorts.reversed()) {
      if (session == current) {
        return null;
      }
      if (session.confirmed() && session.canSend(now)) {
        return session;
      }
    }
    return null;
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
    var previous = peer.previous;
    var next = peer.next;
    peer.current = null;
    peer.previous = null;
    peer.next = null;
    release(peer, current);
    release(peer, previous);
    release(peer, next);
    dropLastResorts(peer);
  }

  /** Takes away a session that has no place any more: nobody sends with it. */
  private void release(Peer peer, @Nullable Session<Peer> session) {
    if (session != null
        && session != peer.current
        && session != peer.previous
        && session != peer.next
        && !peer.lastResorts.contains(session)) {
      shared.sessions.remove(session);
      retired.add(new Retired(session, shared.sending.now(), shared.receiving.now()));
    }
  }

  /**
   * Wipes what was retired, and counts what it never got, as far as the packet threads have moved
   * on.
   */
  public void wipeRetired() {
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
  public int pendingCount() {
    return pendingByIndex.size();
  }

  public int retiredCount() {
    return retired.size();
  }

  boolean hasRetired() {
    return !retired.isEmpty();
  }
}
