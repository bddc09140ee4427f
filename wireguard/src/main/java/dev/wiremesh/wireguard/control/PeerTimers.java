package dev.wiremesh.wireguard.control;

import dev.wiremesh.wireguard.device.MonotonicClock;
import dev.wiremesh.wireguard.peer.Peer;
import dev.wiremesh.wireguard.peer.TrafficCounter;
import dev.wiremesh.wireguard.session.ProtocolLimits;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * A peer's timers (whitepaper section 6). There are no timer objects: {@link #attend} looks at the
 * facts that packets have left, does what is due, and says when to look again. Guarded by the
 * control lock.
 */
public final class PeerTimers {
  private final HandshakeInitiator initiator;
  private final KeyConfirmation confirmation;
  private final HandshakeEvents book;
  private final SessionKeeper sessions;
  private final ControlSender sender;
  private final RandomGenerator random;
  private final ProtocolLimits limits;

  public PeerTimers(
      HandshakeInitiator initiator,
      KeyConfirmation confirmation,
      HandshakeEvents book,
      SessionKeeper sessions,
      ControlSender sender,
      RandomGenerator random,
      ProtocolLimits limits) {
    this.initiator = initiator;
    this.confirmation = confirmation;
    this.book = book;
    this.sessions = sessions;
    this.sender = sender;
    this.random = random;
    this.limits = limits;
  }

  /**
   * Does what is due for a peer.
   *
   * @return when to look again
   */
  long attend(Peer peer, long now) {
    confirmation.look(peer, now);
    serveWishes(peer, now);
    fire(peer, now);
    // What was sent just now may have found its session old.
    renew(peer, now);
    return watch(peer, now);
  }

  /** What the packet threads asked for. */
  private void serveWishes(Peer peer, long now) {
    if (peer.packetStaged.getAndSet(false)) {
      sender.staged(peer, now);
      // There may have been no room for the packet: the next one is to find a session all the same.
      if (!peer.canSend(now)) {
        initiator.begin(peer, now);
      }
    }
    renew(peer, now);
  }

  private void renew(Peer peer, long now) {
    if (peer.renewalWanted.getAndSet(false)) {
      initiator.begin(peer, now);
    }
  }

  /** Asks the peer for a round trip, or notes one; without a session there is nothing to ask by. */
  private void probe(Peer peer, long now) {
    long roundTrip = peer.probes.takeRoundTrip();
    if (roundTrip >= 0) {
      book.probed(peer, Duration.ofNanos(roundTrip));
    }
    var probe = peer.probes.probe();
    if (probe != null && now >= peer.probes.dueNanos(peer.lastDataNanos())) {
      peer.probes.sent(now);
      sender.probe(peer, probe, now);
    }
  }

  private void fire(Peer peer, long now) {
    var pending = peer.pending;
    if (pending != null && now >= initiator.retransmitNanos(pending)) {
      initiator.retransmit(peer, now);
    }
    if (peer.initiationWanted && now >= initiator.earliestNanos(peer)) {
      initiator.sendWhenAllowed(peer, now);
    }
    if (now >= newHandshakeNanos(peer)) {
      peer.dataSent.settle();
      peer.stagedSent.settle();
      drawJitter(peer);
      peer.forgetSource();
      initiator.begin(peer, now);
    }
    probe(peer, now);
    if (now >= passiveKeepaliveNanos(peer)) {
      peer.dataReceived.settle();
      keepalive(peer, now);
    }
    if (now >= persistentKeepaliveNanos(peer)) {
      keepalive(peer, now);
      peer.persistentKeepaliveNanos = now;
    }
    if (now >= zeroKeysNanos(peer)) {
      peer.zeroKeysNanos = TrafficCounter.NEVER;
      sessions.dropSessions(peer); // a handshake that is under way is none of the old keys
    }
  }

  /** Nothing that was due is due any more: the interface went down, or the peer is gone. */
  static void forget(Peer peer) {
    peer.packetStaged.set(false);
    peer.renewalWanted.set(false);
    peer.initiationWanted = false;
    peer.dataSent.settle();
    peer.stagedSent.settle();
    peer.dataReceived.settle();
    peer.zeroKeysNanos = TrafficCounter.NEVER;
  }

  /** Decides by how much the peer's next new handshake is put off. */
  void drawJitter(Peer peer) {
    peer.newHandshakeJitter = random.nextLong(Math.max(1, limits.jitterNanos()));
  }

  /** Sends a keepalive, or begins the handshake that it needs. */
  void keepalive(Peer peer, long now) {
    if (!sender.keepalive(peer, now)) {
      initiator.begin(peer, now);
    }
  }

  /** Data was sent, and nothing came back. */
  private long newHandshakeNanos(Peer peer) {
    long received = peer.heard();
    long since = MonotonicClock.NO_DEADLINE;
    if (peer.dataSent.pending(received)) {
      since = peer.dataSent.since();
    }
    if (peer.stagedSent.pending(received)) {
      since = Math.min(since, peer.stagedSent.since());
    }
    return since == MonotonicClock.NO_DEADLINE
        ? MonotonicClock.NO_DEADLINE
        : since + limits.newHandshakeNanos() + peer.newHandshakeJitter;
  }

  /** Data was received, and nothing was sent. */
  private long passiveKeepaliveNanos(Peer peer) {
    return peer.dataReceived.pending(peer.sendsBegun())
        ? peer.dataReceived.since() + limits.keepaliveTimeoutNanos()
        : MonotonicClock.NO_DEADLINE;
  }

  private static long persistentKeepaliveNanos(Peer peer) {
    if (peer.persistentKeepaliveSeconds == 0) {
      return MonotonicClock.NO_DEADLINE;
    }
    return Math.max(peer.lastTrafficNanos(), peer.persistentKeepaliveNanos)
        + Duration.ofSeconds(peer.persistentKeepaliveSeconds).toNanos();
  }

  private static long zeroKeysNanos(Peer peer) {
    return peer.zeroKeysNanos == TrafficCounter.NEVER
        ? MonotonicClock.NO_DEADLINE
        : peer.zeroKeysNanos;
  }

  private long nextDue(Peer peer) {
    long due = Math.min(newHandshakeNanos(peer), passiveKeepaliveNanos(peer));
    due = Math.min(due, Math.min(persistentKeepaliveNanos(peer), zeroKeysNanos(peer)));
    due = Math.min(due, peer.probes.dueNanos(peer.lastDataNanos()));
    var pending = peer.pending;
    if (pending != null) {
      due = Math.min(due, initiator.retransmitNanos(pending));
    } else if (peer.initiationWanted) {
      due = Math.min(due, initiator.earliestNanos(peer));
    }
    return due;
  }

  /**
   * A peer with traffic is looked at before anything can be due that the traffic brought about; so
   * its packets need not call. A quiet peer's next packet will.
   */
  private long watch(Peer peer, long now) {
    long activity = peer.activity();
    peer.watched = activity != peer.activityAtLook;
    VarHandle.fullFence();
    if (peer.activity() != activity) {
      peer.watched = true;
    }
    peer.activityAtLook = activity;
    long due = nextDue(peer);
    if (peer.watched) {
      due = Math.min(due, Math.min(peer.probes.lookNanos(), now + limits.keepaliveTimeoutNanos()));
    }
    return due;
  }
}
